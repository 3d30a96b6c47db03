import { z } from 'zod';
import type { Fault } from '#infra/kernel/errors.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import {
  kubernetesSignInSchema,
  vaultRoleSchema,
  vaultServerSchema,
  type VaultSignIn,
} from '#security/keyring/vault/settings.ts';
import type { VaultOfInstallation } from './options.ts';
import { probe } from './probe.ts';

const file = z.string().min(1);
const appRoleSchema = z.strictObject({ roleId: z.string().min(1), secretIdFile: file });

/** One for each part. */
const ofEveryPart = <Schema extends z.ZodType>(schema: Schema) =>
  z.strictObject({
    'token-service': schema,
    'discord-edge': schema,
    worker: schema,
    audio: schema,
    api: schema,
    launcher: schema,
  } satisfies Record<KeyKeeper, Schema>);

/** How the parts sign in if not with AppRole: with the service account of the Pod in which they run. */
const authSchema = z.strictObject({
  kind: z.literal('kubernetes'),
  ...kubernetesSignInSchema.shape,
  roles: ofEveryPart(vaultRoleSchema),
});

/** `keys` of the settings file: files in the data folder, or a Vault at which each part has its own role. */
export const liveKeysSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file') }),
  z
    .strictObject({
      kind: z.literal('vault'),
      ...vaultServerSchema.shape,
      trustFile: file.optional(),
      appRoles: ofEveryPart(appRoleSchema).optional(),
      auth: authSchema.optional(),
    })
    .refine(
      ({ appRoles, auth }) => (appRoles === undefined) !== (auth === undefined),
      'must have either appRoles or auth',
    ),
]);
type LiveKeys = z.infer<typeof liveKeysSchema>;

const trustAt = '/keys/trustFile';
const secretAt = (part: KeyKeeper): string => `/keys/appRoles/${part}/secretIdFile`;

/** The files that `keys` names, by the path of the setting. */
export function filesOfKeys(keys: LiveKeys): [string, string | undefined][] {
  if (keys.kind === 'file') return [];
  return [
    [trustAt, keys.trustFile],
    ...keyKeepers.map((part): [string, string | undefined] => [secretAt(part), keys.appRoles?.[part].secretIdFile]),
    ['/keys/auth/tokenFile', keys.auth?.tokenFile],
  ];
}

/** What the parts need to use Vault, given the contents of those files; nothing if keys are files. */
export function vaultOf(keys: LiveKeys, files: ReadonlyMap<string, string>): VaultOfInstallation | undefined {
  if (keys.kind === 'file') return undefined;
  const trustPem = files.get(trustAt);
  const { url, namespace, mount, authMount } = keys;
  const signIns = keyKeepers.map((part) => [part, signInOf(part, keys, files)] as const);
  return {
    url,
    ...(namespace === undefined ? {} : { namespace }),
    mount,
    authMount,
    ...(trustPem === undefined ? {} : { trustPem }),
    signIns: Object.fromEntries(signIns) as Record<KeyKeeper, VaultSignIn>,
  };
}

function signInOf(
  part: KeyKeeper,
  { appRoles, auth }: Extract<LiveKeys, { kind: 'vault' }>,
  files: ReadonlyMap<string, string>,
): VaultSignIn {
  if (auth) return { kubernetes: { mount: auth.mount, tokenFile: auth.tokenFile, role: auth.roles[part] } };
  return { roleId: appRoles?.[part].roleId, secretId: files.get(secretAt(part)) ?? '' };
}

const sealStatusSchema = z.object({ sealed: z.boolean() });

/** Whether Vault answers and is unsealed. Whether its roles may do what they need is for the doctor to find out. */
export async function probeVault({ url, trustPem }: VaultOfInstallation): Promise<Fault | undefined> {
  const at = '/keys/url';
  const answer = await probe(new URL('/v1/sys/seal-status', url).href, {}, trustPem);
  if (typeof answer === 'string') return { at, message: `cannot be reached: ${answer}` };
  const status = sealStatusSchema.safeParse(answer.body);
  if (!status.success) return { at, message: `does not answer as Vault does (HTTP ${answer.status})` };
  return status.data.sealed ? { at, message: 'is sealed: unseal it' } : undefined;
}
