import type { Silence } from '#tenants/instance-protocol/voice-events.ts';
import type { Session } from '../domain/session.ts';
import type { VoiceState } from './ports.ts';

/** Discord does not let the bot be heard, or everybody has left. */
export type Unheard = Silence | 'nobody';

/**
 * Why the music waits although the connection works; undefined if it should sound. An empty channel counts only once
 * listeners have left it: what somebody at the portal starts where nobody is, plays.
 */
export function unheard({ reason }: Session, state: VoiceState | undefined): Unheard | undefined {
  if (!state || state.silenced) return state?.silenced;
  return state.listeners === 0 && reason?.why?.code === 'nobody' ? 'nobody' : undefined;
}

/** Whether the last listener has left, or the bot was moved away from them, as one process has seen it. */
export const isDeserted = (state: VoiceState, before: VoiceState | undefined): boolean =>
  state.listeners === 0 && (before?.listeners ?? 0) > 0;
