import { z } from 'zod';
import type { CustodianOwner } from './custodian-owner.ts';
import type { Custodian } from './custodian.ts';
import { createFileCustodian, fileCustodianSettingsSchema } from './file-custodian.ts';
import { hasOneSignIn, vaultSettingsSchema } from './vault/settings.ts';

/** Where a process has its keys: in sealed files, or in Vault. */
export const keysSettingsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), ...fileCustodianSettingsSchema.shape }),
  z
    .strictObject({ kind: z.literal('vault'), ...vaultSettingsSchema.shape })
    .refine(hasOneSignIn, 'must have either roleId and secretId, or kubernetes'),
]);
export type KeysSettings = z.infer<typeof keysSettingsSchema>;

/** The custodian of one process. The client of Vault is loaded only where Vault is used. */
export async function openCustodian(keys: KeysSettings, owner: CustodianOwner): Promise<Custodian> {
  switch (keys.kind) {
    case 'file':
      return createFileCustodian(keys, owner.clock);
    case 'vault': {
      const { createVaultCustodian } = await import('./vault/vault-custodian.ts');
      return createVaultCustodian(keys, owner);
    }
  }
}
