import { z } from 'zod';
import { sharedStateSchema } from '#infra/shared-state/settings.ts';
import {
  addressesSchema,
  databaseSettingsSchema,
  enrolmentSettingsSchema,
  processSettingsSchema,
} from '#infra/config/settings.ts';
import { nodeIdSchema } from '#infra/nodes/lavalink-node.ts';
import { trustedProxiesSchema } from '#infra/http/client-address.ts';
import { nodeDefinitionSchema, nodeKeySchema } from '#security/keyring/sealed-node.ts';
import { grantedServices } from '#security/identity/spiffe.ts';
import { limitsSchema } from './limits/limits.ts';

const lavalinkNodeSchema = nodeDefinitionSchema.extend({ id: nodeIdSchema });

/** All settings of the proxy. */
export const proxySettings = z.strictObject({
  ...processSettingsSchema.shape,
  ...enrolmentSettingsSchema.shape,
  ...databaseSettingsSchema.shape,
  /** The public listener: plain HTTP behind whatever terminates TLS for the portal. */
  public: z.strictObject({
    host: z.string(),
    port: z.number().int().min(0).max(65535),
    trustedProxies: trustedProxiesSchema.default([]),
    /** Other proxies of this machine listen at the same port, and the system spreads connections (Linux, SO_REUSEPORT). */
    shared: z.boolean().optional(),
  }),
  upstreams: z.partialRecord(z.enum(grantedServices), addressesSchema),
  lavalink: z
    .strictObject({
      nodes: z.array(lavalinkNodeSchema).max(1_000),
      /** Opens what is stored of the nodes that operators add; without it there are none. */
      openingKeyBase64: nodeKeySchema.optional(),
    })
    .default({ nodes: [] }),
  /** What several proxies of this installation share. */
  sharedState: sharedStateSchema.default({ kind: 'memory' }),
  limits: limitsSchema.default(limitsSchema.parse({})),
});

export type ProxySettings = z.infer<typeof proxySettings>;
