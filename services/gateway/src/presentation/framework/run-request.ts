import type { BotPorts } from '../../application/bot-ports.ts';
import type { Requested } from '../../application/requested.ts';
import { explainError } from '../explain-error.ts';
import type { Words } from '../language/en.ts';
import { describe } from '../views/enqueue-view.ts';
import { nameIn, type Command } from './command.ts';
import type { Run } from './middleware.ts';

/** What came of a request: undefined if something was added, or why nothing was. */
export type Refusal = string | undefined;

/**
 * Runs what a member asks for in a request channel as `/play`, through the same middleware: what they do in both ways is
 * counted together. Never throws.
 */
export async function runRequest(
  { id, guild, channel, user, query, transaction }: Requested,
  play: Command | undefined,
  { run, words, ports }: { readonly run: Run; readonly words: Words; readonly ports: DispatchedPorts },
): Promise<Refusal> {
  if (!play) return words.unknownCommand;
  const asked: Command = {
    ...play,
    run: async ({ player, on }) => {
      const response = await player.enqueue(on, query);
      const isAdded = response.addedCount > 0 && response.refused === null;
      return { content: describe(words, response), refused: !isAdded };
    },
  };
  const { audio: player, library, policy, commands, logger } = ports;
  const invocation = { id, guild, channel, user, on: { guild, transaction }, player, library, policy, commands };
  try {
    const reply = await run(asked, { ...invocation, options: {}, words, ownWords: words });
    return reply.refused ? (reply.content ?? words.failed) : undefined;
  } catch (error) {
    const { sentence, expected } = explainError(error, words, { command: nameIn(play, words.language), reference: id });
    if (!expected) logger.error({ err: error, message: id }, 'a request failed');
    return sentence;
  }
}

interface DispatchedPorts extends Pick<BotPorts, 'audio' | 'library' | 'policy' | 'logger'> {
  readonly commands: readonly Command[];
}
