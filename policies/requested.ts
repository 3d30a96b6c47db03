import { playableFile, type AttachedFile } from './attached-file.ts';
import { linkIn } from './menus.ts';

/** As long as a query may be. */
const longestQuery = 500;

/** The parts of a message that can ask for music (Discord: Message Object). */
export interface RequestingMessage {
  readonly content: string;
  readonly attachments: readonly AttachedFile[];
}

/**
 * What a message in a request channel asks for: its first link, or else its first attachment that can be played, or else
 * its words. It is what the edge signs as entered, and all that the bot learns of the message. Undefined if there is
 * nothing, or more words than a query may have.
 */
export function requestedIn({ content, attachments }: RequestingMessage): string | undefined {
  const link = linkIn({ content });
  if (link !== undefined) return link;
  for (const attached of attachments) {
    const file = playableFile(attached);
    if (file.ok) return file.value;
  }
  const words = content.trim().replaceAll(/\s+/g, ' ').toWellFormed();
  return words !== '' && words.length <= longestQuery ? words : undefined;
}
