import { z } from 'zod';
import type { Fault } from '#infra/kernel/errors.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { vaultServerSchema } from '#security/keyring/vault/settings.ts';
import type { VaultOfInstallation } from './options.ts';
import { probe } from './probe.ts';

const file = z.string().min(1);
const appRoleSchema = z.strictObject({ roleId: z.string().min(1), secretIdFile: file });

/** `keys` of the settings file: files in the data folder, or a Vault at which each part has its own role. */
export const liveKeysSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file') }),
  z.strictObject({
    kind: z.literal('vault'),
    ...vaultServerSchema.shape,
    trustFile: file.optional(),
    appRoles: z.strictObject({
      'token-service': appRoleSchema,
      'discord-edge': appRoleSchema,
      worker: appRoleSchema,
      audio: appRoleSchema,
    } satisfies Record<KeyKeeper, typeof appRoleSchema>),
  }),
]);
type LiveKeys = z.infer<typeof liveKeysSchema>;

const trustAt = '/keys/trustFile';
const secretAt = (part: KeyKeeper): string => `/keys/appRoles/${part}/secretIdFile`;

/** The files that `keys` names, by the path of the setting. */
export function filesOfKeys(keys: LiveKeys): [string, string | undefined][] {
  if (keys.kind === 'file') return [];
  return [
    [trustAt, keys.trustFile],
    ...keyKeepers.map((part): [string, string] => [secretAt(part), keys.appRoles[part].secretIdFile]),
  ];
}

/** What the parts need to use Vault, given the contents of those files; nothing if keys are files. */
export function vaultOf(keys: LiveKeys, files: ReadonlyMap<string, string>): VaultOfInstallation | undefined {
  if (keys.kind === 'file') return undefined;
  const trustPem = files.get(trustAt);
  const role = (part: KeyKeeper) => ({
    roleId: keys.appRoles[part].roleId,
    secretId: files.get(secretAt(part)) ?? '',
  });
  return {
    url: keys.url,
    mount: keys.mount,
    authMount: keys.authMount,
    ...(trustPem === undefined ? {} : { trustPem }),
    appRoles: Object.fromEntries(keyKeepers.map((part) => [part, role(part)])) as Record<
      KeyKeeper,
      ReturnType<typeof role>
    >,
  };
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
