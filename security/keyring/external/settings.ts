import { z } from 'zod';
import { privateHostsSchema, trustPemSchema } from '#infra/config/trust.ts';
import { httpsUrlSchema } from '#infra/config/urls.ts';

const pathSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}(?:\/[a-z0-9][a-z0-9_-]{0,63}){0,3}$/, 'must be a path');
const credentialSchema = z.string().trim().min(1).max(1_024);

/** Where a tenant's own key is, without what proves that the platform may use it. */
export const externalKeyAddressSchema = z.strictObject({
  /** Address of Vault (1.13 or later) or OpenBao. */
  url: httpsUrlSchema.max(500),
  /** Path of the transit engine. */
  mount: pathSchema.default('transit'),
  /** Name of the key in it. */
  key: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be the name of a transit key'),
  /** Path of the AppRole sign-in. */
  authMount: pathSchema.default('approle'),
  /** Namespace of all of these; none by default. */
  namespace: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}(?:\/[A-Za-z0-9_-]{1,64}){0,7}\/?$/, 'must be a namespace')
    .optional(),
  roleId: credentialSchema,
  /** PEM of the only authority that may have signed the server's certificate; by default those of the system. */
  trustPem: trustPemSchema.max(10_000).optional(),
});
export type ExternalKeyAddress = z.infer<typeof externalKeyAddressSchema>;

/** The same with the AppRole's secret id, which is sealed and never shown again. */
export const externalKeyOfferSchema = z.strictObject({
  ...externalKeyAddressSchema.shape,
  secretId: credentialSchema,
});
export type ExternalKeyOffer = z.infer<typeof externalKeyOfferSchema>;

/** What an operator decides about tenants' own keys. */
export const externalKeysSettingsSchema = z.strictObject({
  /** Of Vaults. */
  privateHosts: privateHostsSchema,
  /** How often each key is checked. A key that is refused twice in a row stops what depends on it. */
  checkEverySec: z.number().int().min(1).max(300).default(30),
  /** For how long a Vault may give no answer before what depends on it stops: as long as data keys are cached. */
  silentForSec: z.number().int().min(1).max(3_600).default(300),
});
export type ExternalKeysSettings = z.infer<typeof externalKeysSettingsSchema>;
