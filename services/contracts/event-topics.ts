/**
 * What Kafka carries, and the topic of each: one for each kind of stream. infra/deploy/kafka/prepare.sh makes them, which a
 * test compares.
 */
export const eventTopics = {
  TrackStarted: 'music-session',
  TrackEnded: 'music-session',
  PolicyChanged: 'guild-policy',
  KeyRotated: 'key',
  BotFailed: 'instance',
} as const;
