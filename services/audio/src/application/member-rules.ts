import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import type { Session } from '../domain/session.ts';
import type { VoiceState } from './ports.ts';

/**
 * The caller, as vouched for by gateway-proxy. Callers of the portal are in no voice channel: policy has decided by
 * their role, and the channel rules do not apply to them.
 */
export type Asker = {
  /** Identifies the request, so that it is done once (domain/idempotency.ts). */
  readonly idempotencyKey?: string | undefined;
  /** The obligations of the decision. */
  readonly obligations?: Obligations | undefined;
} & (
  | {
      readonly kind: 'discord';
      readonly user: Snowflake;
      readonly channel: Snowflake;
      readonly voiceChannel: Snowflake | null;
    }
  | { readonly kind: 'tenant-member'; readonly user: Snowflake | null }
);

const notInVoice = (message: string) => callerFault(playerErrorCodes.notInVoice, message, 409);

/** @throws BailiwickError player.members-only (403) for a caller of the portal */
export function mustBeInDiscord(asker: Asker): Extract<Asker, { kind: 'discord' }> {
  if (asker.kind === 'discord') return asker;
  throw callerFault('player.members-only', 'Only members in Discord can do this.', 403);
}

/** A member in Discord is where they are; only callers of the portal name a channel. */
export function mustBeAtThePortal(asker: Asker): void {
  if (asker.kind === 'tenant-member') return;
  throw callerFault(
    'player.channel-not-yours',
    'The bot joins the voice channel that you are in. Join one instead of naming it.',
    403,
  );
}

/**
 * The channel to play in: the asker's own, unless others listen to music elsewhere. `wanted`: see mustBeAtThePortal.
 * Without a session, nothing is known of the music yet.
 */
export function channelToPlayIn(
  asker: Asker,
  voice: VoiceState | undefined,
  wanted?: Snowflake,
  session?: Pick<Session, 'current'>,
): Snowflake {
  if (wanted !== undefined) mustBeAtThePortal(asker);
  if (asker.kind === 'tenant-member') {
    if (voice) return voice.channelId;
    if (wanted !== undefined) return wanted;
    throw notInVoice('The bot is not in a voice channel. Join one in Discord, then try again.');
  }
  if (asker.voiceChannel === null) throw notInVoice('Join a voice channel first, then try again.');
  // A bot that is idle in a channel comes to whoever wants music.
  if (session?.current && voice && voice.channelId !== asker.voiceChannel && voice.listeners > 0) {
    throw callerFault(
      playerErrorCodes.otherChannel,
      'The bot is playing in another voice channel where people are listening. Join them, or wait until it is free.',
      409,
    );
  }
  return asker.voiceChannel;
}

/** Whoever controls the music must hear it. */
export function mustListen(asker: Asker, session: Session): void {
  if (asker.kind === 'tenant-member' || session.voiceChannel === null) return;
  if (!session.current && session.queue.length === 0) return;
  if (asker.voiceChannel === null) throw notInVoice("Join the bot's voice channel, then try again.");
  if (asker.voiceChannel === session.voiceChannel) return;
  if (!session.current)
    throw callerFault(
      'player.waits-elsewhere',
      'Nothing is playing, but the queue belongs to another voice channel. Join it to continue there.',
      409,
    );
  throw callerFault(
    playerErrorCodes.otherChannel,
    'The bot is playing in another voice channel. Join it to control the music.',
    409,
  );
}
