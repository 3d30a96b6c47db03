import { z } from 'zod';
import {
  databaseSettingsSchema,
  enrolmentSettingsSchema,
  processSettingsSchema,
  proxySettingsSchema,
} from '#infra/config/settings.ts';
import { nodeIdSchema, voiceRegionsSchema } from '#infra/nodes/lavalink-node.ts';
import { redisSchema } from '#infra/shared-state/settings.ts';
import { replicaSettingsSchema } from '#infra/leases/replica-settings.ts';
import { externalKeysSettingsSchema } from '#security/keyring/external/settings.ts';
import { keysSettingsSchema } from '#security/keyring/open-custodian.ts';
import { isPublicName } from './domain/source-policy.ts';

/** Sites whose URLs are always played; Lavalink needs the source or a plugin for each. */
const usualHosts = [
  'youtube.com',
  'youtu.be',
  'soundcloud.com',
  'bandcamp.com',
  'vimeo.com',
  'twitch.tv',
  'open.spotify.com',
  'music.apple.com',
  'deezer.com',
] as const;

/** Settings of the audio service. It holds no password: gateway-proxy adds Lavalink's to what it lets pass. */
export const audioSettingsSchema = z.strictObject({
  /** Which of how many audio services this is; each plays for its share of the tenants. */
  replica: replicaSettingsSchema,
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...proxySettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  /** Of what members keep. */
  keys: keysSettingsSchema,
  externalKeys: externalKeysSettingsSchema.prefault({}),
  /** Where what was found lately is kept beside this process, sealed: nowhere, by default. */
  secondLevel: redisSchema.optional(),
  lavalink: z.strictObject({
    /** Ids as in gateway-proxy's settings, which have their addresses. */
    nodes: z
      .array(z.strictObject({ id: nodeIdSchema, regions: voiceRegionsSchema.default([]) }))
      .min(1)
      .max(50),
  }),
  /** Prefix of text searches (Lavalink docs/api/rest.md, "Track Loading"). */
  searchSource: z
    .string()
    .regex(/^[a-z]{2,20}$/, 'must be a search prefix such as ytsearch')
    .default('ytsearch'),
  /** Further host names whose URLs may be loaded, including subdomains. */
  allowedHosts: z
    .array(z.string().toLowerCase().refine(isPublicName, 'must be a public host name'))
    .max(200)
    .default([])
    .transform((further) => [...usualHosts, ...further]),
});
