import { z } from 'zod';
import { httpsOrLocalUrlSchema } from '#infra/config/urls.ts';

const secret = z.string().min(1).max(4_096);
const mount = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}(?:\/[a-z0-9][a-z0-9_-]{0,63}){0,3}$/, 'must be a path');

/** Where Vault (1.13 or later) or OpenBao is, and where it has its transit engine and its AppRole sign-in. */
export const vaultServerSchema = z.strictObject({
  url: httpsOrLocalUrlSchema,
  /** Path of the transit engine. */
  mount: mount.default('transit'),
  /** Path of the AppRole sign-in. */
  authMount: mount.default('approle'),
});

/** Settings of a process whose keys Vault holds. */
export const vaultSettingsSchema = z.strictObject({
  ...vaultServerSchema.shape,
  roleId: secret,
  secretId: secret,
  /** PEM of the only authority that may have signed the server's certificate; by default those of the system. */
  trustPem: z.string().includes('BEGIN CERTIFICATE').optional(),
});

export type VaultSettings = z.infer<typeof vaultSettingsSchema>;
