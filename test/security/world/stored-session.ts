import type { Snowflake } from '#infra/kernel/ids.ts';

/** A music session as an early release has stored it, unsealed: a queue of one track that a member asked for. */
export function storedSession(requestedBy: Snowflake, title: string): object {
  const entry = {
    entryId: 'ent_1',
    encoded: 'QAAA',
    title,
    author: 'The Quays',
    uri: null,
    artworkUrl: null,
    lengthMs: 1_000,
    isStream: false,
    source: 'http',
    requestedBy,
    failures: 0,
  };
  return {
    current: null,
    playback: 'waiting',
    attempt: 0,
    paused: false,
    volume: 100,
    queue: [entry],
    history: [entry],
    voiceChannel: null,
    textChannel: null,
    message: null,
    node: null,
    failureRun: 0,
    votes: { entryId: 'ent_1', users: [requestedBy], share: 1 },
  };
}
