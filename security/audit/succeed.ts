import { generateKeyPairSync } from 'node:crypto';
import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { noteSigner, verifierOf } from './checkpoint.ts';
import { logSigner } from './log-keys.ts';
import { signSuccession } from './succession.ts';

export interface Succeeded {
  /** The private part of the new key (PKCS#8), to be sealed in the same transaction. */
  readonly key: Buffer;
  /** Which key of the log it is, from 1. */
  readonly version: number;
}

/**
 * Replaces the key of a tenant's log: writes down the succession, signed by both keys, and the new public key. `opened`
 * is the private part of the old one. The caller holds the rotation's lock, so that no checkpoint is signed meanwhile
 * and the old key has signed the last one below the succession's tree size.
 */
export async function succeed(
  transaction: Transaction,
  { installation, tenant, opened }: { installation: string; tenant: TenantId; opened: Uint8Array },
): Promise<Succeeded> {
  const { rows } = await transaction.query<{ size: string; number: number }>(
    `select coalesce((select max(tree_size) from audit_checkpoint where tenant_id = $1), 0) as size,
            (select count(*) from audit_succession where tenant_id = $1)::int + 1 as number`,
    [tenant],
  );
  const { size = '0', number = 1 } = rows[0] ?? {};
  const der = Buffer.from(opened.buffer, opened.byteOffset, opened.byteLength);
  const predecessor = logSigner(installation, tenant, der);
  const { privateKey } = generateKeyPairSync('ed25519');
  const successor = noteSigner(predecessor.name, privateKey);
  await transaction.query('insert into audit_succession (tenant_id, number, tree_size, note) values ($1, $2, $3, $4)', [
    tenant,
    number,
    size,
    signSuccession(predecessor, successor, Number(size)),
  ]);
  await transaction.query('update audit_key set verifier = $2, created_at = now() where tenant_id = $1', [
    tenant,
    verifierOf(successor),
  ]);
  return { key: privateKey.export({ type: 'pkcs8', format: 'der' }), version: number + 1 };
}
