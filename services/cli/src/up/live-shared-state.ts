import { z } from 'zod';
import { faultsOfPlace, redisPlaceShape, type RedisSettings } from '#infra/shared-state/settings.ts';
import { sharingParts, type SharingPart } from '#infra/shared-state/shared-names.ts';

const file = z.string().min(1);

/** `sharedState` of the settings file: what replicas share is in Redis; by default in their database. */
export const liveSharedStateSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory') }),
  z
    .strictObject({
      kind: z.literal('redis'),
      ...redisPlaceShape,
      sentinelUser: z.string().min(1).default('bailiwick'),
      sentinelPasswordFile: file.optional(),
      /** Each part has a user of its name. */
      passwordFiles: z.strictObject({ 'gateway-proxy': file, 'discord-edge': file, api: file, audio: file }),
      trustFile: file.optional(),
    })
    .superRefine((settings, context) => {
      const faults = faultsOfPlace(settings);
      if (settings.sentinels !== undefined && settings.sentinelPasswordFile === undefined)
        faults.push(['sentinelPasswordFile', 'is missing']);
      for (const [at, message] of faults) context.addIssue({ code: 'custom', path: [at], message });
    }),
]);
type LiveSharedState = z.infer<typeof liveSharedStateSchema>;

export const trustAt = '/sharedState/trustFile';
export const sentinelPasswordAt = '/sharedState/sentinelPasswordFile';
export const passwordAt = (part: SharingPart): string => `/sharedState/passwordFiles/${part}`;

/** The files that `sharedState` names, by the path of the setting. */
export const filesOfSharedState = (state: LiveSharedState): [string, string | undefined][] =>
  state.kind === 'memory' ? [] : [[trustAt, state.trustFile], ...passwordFilesOf(state)];

/** Those of them that must be readable by nobody else. */
export const passwordFilesOf = (state: LiveSharedState): [string, string | undefined][] =>
  state.kind === 'memory'
    ? []
    : [
        [sentinelPasswordAt, state.sentinelPasswordFile],
        ...sharingParts.map((part): [string, string] => [passwordAt(part), state.passwordFiles[part]]),
      ];

/** How each part reaches Redis. */
export type RedisOfParts = Readonly<Record<SharingPart, RedisSettings>>;

/** What the parts need, given the contents of those files; undefined if no Redis is named. */
export function redisOf(state: LiveSharedState, files: ReadonlyMap<string, string>): RedisOfParts | undefined {
  if (state.kind === 'memory') return undefined;
  const { url, sentinels, master, cluster, sentinelUser } = state;
  const trustPem = files.get(trustAt);
  const of = (part: SharingPart): RedisSettings => ({
    kind: 'redis',
    ...(url === undefined ? {} : { url }),
    ...(sentinels === undefined
      ? {}
      : { sentinels, master, sentinelUser, sentinelPassword: files.get(sentinelPasswordAt) ?? '' }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(trustPem === undefined ? {} : { trustPem }),
    user: part,
    password: files.get(passwordAt(part)) ?? '',
  });
  return {
    'gateway-proxy': of('gateway-proxy'),
    'discord-edge': of('discord-edge'),
    api: of('api'),
    audio: of('audio'),
  };
}
