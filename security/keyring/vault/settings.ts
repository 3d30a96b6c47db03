import { z } from 'zod';
import { trustPemSchema } from '#infra/config/trust.ts';
import { httpsOrLocalUrlSchema } from '#infra/config/urls.ts';

const secret = z.string().min(1).max(4_096);
const name = z.string().regex(/^[A-Za-z0-9][\w.-]{0,127}$/, 'must be letters, digits, dots, dashes and underscores');
const mount = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}(?:\/[a-z0-9][a-z0-9_-]{0,63}){0,3}$/, 'must be a path');

/** Where Kubernetes puts the token of a Pod's service account. */
const serviceAccountTokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** The Kubernetes sign-in: its path, and the file with the token, which is read at each sign-in, since it expires. */
export const kubernetesSignInSchema = z.strictObject({
  mount: mount.default('kubernetes'),
  tokenFile: z.string().startsWith('/', 'must be an absolute path').default(serviceAccountTokenFile),
});
export const vaultRoleSchema = name;

/** Where Vault (1.13 or later) or OpenBao is, and where it has its transit engine and its AppRole sign-in. */
export const vaultServerSchema = z.strictObject({
  url: httpsOrLocalUrlSchema,
  /** The namespace of the engine and of the sign-in (OpenBao 2.3 or later, Vault Enterprise); by default the root's. */
  namespace: z
    .string()
    .max(500)
    .regex(/^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*\/?$/, 'must be a path')
    .optional(),
  /** Path of the transit engine. */
  mount: mount.default('transit'),
  /** Path of the AppRole sign-in. */
  authMount: mount.default('approle'),
});

/** Settings of a process whose keys Vault holds. It signs in with AppRole, or with `kubernetes`. */
export const vaultSettingsSchema = z.strictObject({
  ...vaultServerSchema.shape,
  roleId: secret.optional(),
  secretId: secret.optional(),
  kubernetes: z.strictObject({ ...kubernetesSignInSchema.shape, role: vaultRoleSchema }).optional(),
  /** PEM of the only authority that may have signed the server's certificate; by default those of the system. */
  trustPem: trustPemSchema.optional(),
});

export type VaultSettings = z.infer<typeof vaultSettingsSchema>;

/** Which of its two sign-ins a process has. */
export type VaultSignIn = Pick<VaultSettings, 'roleId' | 'secretId' | 'kubernetes'>;

/** Whether the settings name exactly one sign-in. */
export const hasOneSignIn = ({ roleId, secretId, kubernetes }: VaultSignIn): boolean =>
  kubernetes ? roleId === undefined && secretId === undefined : roleId !== undefined && secretId !== undefined;
