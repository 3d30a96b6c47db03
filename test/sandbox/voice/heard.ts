import type { Hearing, HeardTrack } from './hearing.ts';
import type { VoiceSession } from './session.ts';
import type { VoiceSessions } from './sessions.ts';

/** What members of a guild hear, or heard, from one bot. Times in Unix milliseconds. */
export interface HeardBot {
  readonly userId: string;
  /** Null without a voice session. */
  readonly channelId: string | null;
  /** Has a session that can send sound, over an open WebSocket. */
  readonly connected: boolean;
  readonly mode: string | null;
  /** Has announced that it is speaking. */
  readonly speaking: boolean;
  readonly ssrc: number | null;
  readonly packets: number;
  readonly silenceFrames: number;
  readonly undecryptable: number;
  readonly unheard: number;
  readonly outOfOrder: number;
  /** Time since the last packet of sound; null if there was none. */
  readonly quietMs: number | null;
  /** In the order in which they were heard. */
  readonly tracks: readonly HeardTrack[];
}

export function heardIn(sessions: VoiceSessions, guildId: string): readonly HeardBot[] {
  return sessions.heardIn(guildId).map(([userId, hearing]) => {
    const [session] = sessions.in(guildId, userId);
    return heardOf(userId, hearing, session);
  });
}

function heardOf(userId: string, hearing: Hearing, session: VoiceSession | undefined): HeardBot {
  const { packets, silenceFrames, undecryptable, unheard, outOfOrder, lastSoundAt, tracks } = hearing;
  return {
    userId,
    channelId: session?.credentials.channelId ?? null,
    connected: session?.carrier !== undefined && session.established,
    mode: session?.mode ?? null,
    speaking: (session?.speaking ?? 0) !== 0,
    ssrc: session?.ssrc ?? null,
    packets,
    silenceFrames,
    undecryptable,
    unheard,
    outOfOrder,
    quietMs: lastSoundAt === undefined ? null : Math.max(0, Date.now() - lastSoundAt),
    tracks,
  };
}
