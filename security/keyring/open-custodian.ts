import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Custodian } from './custodian.ts';
import { createFileCustodian, fileCustodianSettingsSchema } from './file-custodian.ts';
import { vaultSettingsSchema } from './vault/settings.ts';

/** The parts of the platform that have keys, each its own. */
export const keyKeepers = ['token-service', 'discord-edge', 'worker'] as const;
export type KeyKeeper = (typeof keyKeepers)[number];

/** Where a process has its keys: in sealed files, or in Vault. */
export const keysSettingsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), ...fileCustodianSettingsSchema.shape }),
  z.strictObject({ kind: z.literal('vault'), ...vaultSettingsSchema.shape }),
]);
export type KeysSettings = z.infer<typeof keysSettingsSchema>;

export interface CustodianOwner {
  readonly installation: string;
  readonly part: KeyKeeper;
  readonly logger: Logger;
  readonly clock: Clock;
}

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
