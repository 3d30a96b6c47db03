import { z } from 'zod';

const secret = z.string().min(1).max(4_096);
const mount = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}(?:\/[a-z0-9][a-z0-9_-]{0,63}){0,3}$/);

/** How a process signs in: by a role and its secret, or by the service account of its pod. */
const authSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('approle'), mount: mount.default('approle'), roleId: secret, secretId: secret }),
  z.strictObject({
    kind: z.literal('kubernetes'),
    mount: mount.default('kubernetes'),
    role: secret,
    /** The service account's token; it is read anew at each sign-in, since Kubernetes replaces it. */
    tokenFile: z.string().min(1).default('/var/run/secrets/kubernetes.io/serviceaccount/token'),
  }),
]);

/** Settings of a process whose keys Vault (1.13 or later) or OpenBao holds, in a transit engine. */
export const vaultSettingsSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  namespace: z.string().min(1).max(256).optional(),
  /** Path of the transit engine. */
  mount: mount.default('transit'),
  /** The beginning of every key's name here, so that two parts that share an engine never share a key. */
  prefix: z.string().regex(/^bw-[a-z0-9-]{1,60}$/),
  auth: authSchema,
  /** PEM of the only authority that may have signed the server's certificate; by default those of the system. */
  trustPem: z.string().min(1).optional(),
});

export type VaultSettings = z.infer<typeof vaultSettingsSchema>;
