import { PermissionFlagsBits, type Client, type GuildBasedChannel } from 'discord.js';
import { MessageFlags, Routes, type RESTPostAPIChannelMessageResult } from 'discord-api-types/v10';
import type { Clock } from '#infra/kernel/clock.ts';
import type { BotLogger } from '../application/bot-ports.ts';
import type { Requested } from '../application/requested.ts';
import { fitMessage } from './views/fitting.ts';

/** How long a member can read why nothing was added. */
const notedForMs = 10_000;
/** So many can be read at once; the edge limits how many messages arrive. */
const mostNotes = 50;
const checkMark = encodeURIComponent('✅');

export interface RequestAnswers {
  /** Something was added: the message is deleted, or else marked, as far as the bot may. */
  done(requested: Requested): Promise<void>;
  /** Nothing was: its author is told why, for a few seconds. */
  refused(requested: Requested, sentence: string): Promise<void>;
}

interface RequestAnswersPorts {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: BotLogger;
}

/**
 * Answers requests in their channel through Discord's REST API. What the bot may do there is known beforehand, since each
 * refusal of Discord's counts against the address of the platform.
 */
export function createRequestAnswers({ client, clock, logger }: RequestAnswersPorts): RequestAnswers {
  let notes = 0;
  const quietly = (work: Promise<unknown>, what: string) =>
    work.then(
      () => undefined,
      (error: unknown) => logger.info({ err: error }, what),
    );
  const remove = (channel: string, message: string) =>
    quietly(client.rest.delete(Routes.channelMessage(channel, message)), 'could not delete a message');
  return {
    async done({ channel, id }) {
      const may = permissionsIn(client, channel);
      if (may(PermissionFlagsBits.ManageMessages)) return remove(channel, id);
      if (!may(PermissionFlagsBits.AddReactions | PermissionFlagsBits.ReadMessageHistory)) return;
      await quietly(
        client.rest.put(Routes.channelMessageOwnReaction(channel, id, checkMark)),
        'could not mark a request',
      );
    },
    async refused({ channel, user }, sentence) {
      if (notes >= mostNotes || !permissionsIn(client, channel)(PermissionFlagsBits.SendMessages)) return;
      notes += 1;
      const { content } = fitMessage({ content: `<@${user}> ${sentence}` });
      const body = { content, allowed_mentions: { users: [user] }, flags: MessageFlags.SuppressEmbeds };
      const note = await client.rest.post(Routes.channelMessages(channel), { body }).catch((error: unknown) => {
        logger.info({ err: error }, 'could not answer a request');
      });
      const { id } = (note ?? {}) as Partial<RESTPostAPIChannelMessageResult>;
      if (id === undefined) {
        notes -= 1;
        return;
      }
      clock.after(notedForMs, () => {
        notes -= 1;
        void remove(channel, id);
      });
    },
  };
}

/** Whether the bot has all of these permissions, as far as it knows the channel. */
function permissionsIn(client: Client, channelId: string): (needed: bigint) => boolean {
  const channel = client.channels.cache.get(channelId) as GuildBasedChannel | undefined;
  const held = client.user && channel && 'guild' in channel ? channel.permissionsFor(client.user) : null;
  return (needed) => held?.has(PermissionFlagsBits.ViewChannel | needed) ?? false;
}
