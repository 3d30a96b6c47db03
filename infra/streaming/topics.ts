import type { InstallationId } from '#infra/kernel/ids.ts';

/** Which types of events Kafka carries, and the topic of each: one for each part of the platform that tells of something. */
export type Topics = Readonly<Record<string, string>>;

/** The topic's whole name, so that several installations can use one Kafka. */
export const topicName = (installation: InstallationId, topic: string): string => `bailiwick.${installation}.${topic}`;

/** The names of a consumer's topics. */
export const topicsOf = (installation: InstallationId, topics: Topics, types: readonly string[]): string[] => [
  ...new Set(types.flatMap((type) => (topics[type] === undefined ? [] : [topicName(installation, topics[type])]))),
];

export const groupName = (installation: InstallationId, consumer: string): string =>
  `bailiwick.${installation}.${consumer}`;
