import { expect } from 'vitest';
import { z } from 'zod';
import { keyVersionOf } from '#security/keyring/envelope.ts';
import { sealedColumns } from '#security/keyring/sealed-columns.ts';
import { vaultKeyPrefix } from '#security/keyring/vault/key-names.ts';
import { storedTexts } from '#test/e2e/no-secret.ts';
import type { RunningPlatform } from '#test/e2e/platform.ts';
import { installation } from './live-platform.ts';
import type { VaultServer } from './vault-server.ts';

type Database = Pick<RunningPlatform, 'query'>;

/** Expects every value in a column for sealed values to be sealed, with the version of its key that is current at Vault. */
export async function sealedWell(database: Database, vault: VaultServer): Promise<void> {
  let values = 0;
  for (const { keeper, table, column, of, form, only = 'true' } of sealedColumns) {
    const owned = of === 'tenant' ? 'tenant_id' : "'platform'";
    const rows = await database.query<{ owner: string; value: unknown }>(
      `select ${owned} as owner, ${column} as value from ${table} where ${column} is not null and ${only}`,
    );
    for (const { owner, value } of rows) {
      const { sealed } = z.object({ sealed: z.base64() }).catch({ sealed: '' }).parse(value);
      const bytes = form === 'json' ? Buffer.from(sealed, 'base64') : (value as Buffer);
      const key = `${vaultKeyPrefix(installation, keeper)}${of === 'tenant' ? 'tenant-' : ''}${owner}`;
      const { body } = await vault.ask('GET', `transit/keys/${key}`);
      expect({ table, version: keyVersionOf(bytes) }).toEqual({ table, version: body.data?.['latest_version'] });
      values += 1;
    }
  }
  expect(values).toBeGreaterThan(8);
}

/** The columns of the whole database in which a text stands. */
export async function columnsWith(database: Database, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { column, texts } of storedTexts(database))
    if (texts.some((each) => each.includes(text))) found.push(column);
  return found;
}
