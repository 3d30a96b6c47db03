import { ndjsonReply, type NdjsonWriter } from '#infra/http/ndjson.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { isSnowflake } from '#infra/kernel/ids.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { VoicePermission } from '#tenants/instance-protocol/guilds.ts';
import { voiceSendSchema } from '#tenants/instance-protocol/voice-events.ts';
import type { Guild } from '../state/guild.ts';
import { isFullFor, missingIn } from '../state/permissions.ts';
import type { Tenants } from '../tenants.ts';
import type { VoiceEvents } from '../voice/voice-events.ts';
import { bodyOf } from '#infra/http/body-of.ts';
import { mustBe } from './replica.ts';

const mostListeners = 16;
const maxStreamBacklogBytes = 16 * 1024 * 1024;

export interface VoiceRoutesOptions {
  readonly tenants: Tenants;
  readonly events: VoiceEvents;
  /** Id of this process among the edges. */
  readonly replica: () => string;
}

/** What the audio service needs of voice: where the bots are, and a way to move them. */
export function voiceRoutes(app: HttpApp, { tenants, events, replica }: VoiceRoutesOptions): void {
  app.get(
    '/v1/replicas/:replica/voice-events',
    { config: { action: 'voice.events' }, exposeHeadRoute: false },
    async (request, reply) => {
      mustBe(replica(), request);
      if (events.attached >= mostListeners) {
        throw platformFault('voice.too-many-streams', 'Too many voice streams are open.', undefined, 429);
      }
      let writer: NdjsonWriter | undefined;
      writer = ndjsonReply(reply, {
        maxBufferedBytes: maxStreamBacklogBytes,
        onClose: () => {
          if (writer) events.detach(writer);
        },
      });
      events.attach(writer);
      return reply;
    },
  );

  app.post('/v1/tenants/:tenant/guilds/:guild/voice', { config: { action: 'voice.send' } }, async (request, reply) => {
    const { guild: guildId } = request.params as { guild: string };
    const { channelId, selfMute, selfDeaf } = bodyOf(request, voiceSendSchema);
    const edge = await tenants.edge(tenantOf(request));
    const guild = edge.book.guild(guildId);
    if (!guild) throw callerFault('voice.unknown-guild', 'The bot is not in this guild.', 404);
    if (channelId !== null && (!isSnowflake(channelId) || !isVoice(guild.channels.get(channelId)?.['type']))) {
      throw callerFault('voice.unknown-channel', 'There is no such voice channel in this guild.', 404);
    }
    if (channelId !== null) mustGetIn(guild, edge.book.botUserId, channelId);
    const session = edge.session();
    await edge.leavingVoice(guildId, channelId);
    await session.send({
      op: 4,
      d: { guild_id: guildId, channel_id: channelId, self_mute: selfMute, self_deaf: selfDeaf },
    });
    return reply.code(204).send();
  });
}

/** Discord silently ignores such a join, so it is refused here with a reason. */
function mustGetIn(guild: Guild, bot: string | undefined, channelId: string): void {
  const channel = guild.channels.get(channelId);
  if (bot === undefined || !channel || guild.voiceChannelOf(bot) === channelId) return;
  const names = missingIn(guild, bot, channel).flatMap((permission) => entry[permission] ?? []);
  if (names.length > 0) {
    const needed = `${names.join(' and ')} there`;
    throw callerFault('voice.not-allowed', `The bot cannot join this voice channel: it needs ${needed}.`, 409);
  }
  if (isFullFor(guild, bot, channel)) {
    throw callerFault('voice.full', 'This voice channel is full. Make room for the bot, or raise its user limit.', 409);
  }
}

/** Permissions that the bot needs to join, as Discord shows them to people. */
const entry: Partial<Record<VoicePermission, string>> = {
  VIEW_CHANNEL: 'the permission “View Channel”',
  CONNECT: 'the permission “Connect”',
};

/** 2 voice, 13 stage (Discord: Channel Types). */
const isVoice = (type: unknown): boolean => type === 2 || type === 13;
