import type { CommandName } from './commands.ts';

/** What a menu of Discord's belongs to, with Discord's number for it (Application Command Types). */
export const menuTypes = { user: 2, message: 3 } as const;

/**
 * The entries of Discord's menus, by their English names: each is decided, and leads to the same, as the command that it
 * stands for. What the member pointed at is what they entered.
 */
export const menus = {
  'Play this': { of: 'message', command: 'play' },
  'Add to my favourites': { of: 'message', command: 'favourite add' },
  'What they have queued': { of: 'user', command: 'queue' },
} as const satisfies Readonly<Record<string, { readonly of: keyof typeof menuTypes; readonly command: CommandName }>>;
export type MenuName = keyof typeof menus;

/** The entry of this name in a menu of this type. */
export function menuNamed(name: string, type: unknown): (typeof menus)[MenuName] | undefined {
  const menu = Object.hasOwn(menus, name) ? menus[name as MenuName] : undefined;
  return menu && menuTypes[menu.of] === type ? menu : undefined;
}

/** The parts of a message that can name music (Discord: Message Object). */
export interface LinkingMessage {
  readonly content?: string | undefined;
  readonly attachments?: readonly { readonly url?: string | undefined }[] | undefined;
}

/** As long as a query may be. */
const longestLink = 500;

/**
 * The first link in a message, or else its first attachment: what the edge signs as entered, and so the only one that
 * the bot can ask for. Undefined if there is none.
 */
export function linkIn({ content = '', attachments = [] }: LinkingMessage): string | undefined {
  const written = [...content.matchAll(/https?:\/\/[^\s<>]+/gi)].map(([link]) => bare(link));
  const attached = attachments.flatMap(({ url }) => url ?? []);
  return [...written, ...attached].find(
    (link) => link.length <= longestLink && /^https?:\/\//i.test(link) && URL.canParse(link),
  );
}

/** Without what follows a link in a sentence, or encloses it; a bracket that was opened in it belongs to it. */
function bare(link: string): string {
  let end = link.length;
  for (; end > 0; end -= 1) {
    const last = link[end - 1] ?? '';
    if ('.,;:!?\'"*_~|`>]}'.includes(last)) continue;
    if (last === ')' && !link.slice(0, end).includes('(')) continue;
    break;
  }
  return link.slice(0, end);
}
