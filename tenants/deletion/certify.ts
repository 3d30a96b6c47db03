import type { Database, Transaction } from '#infra/database/pool.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { tenantId, type TenantId } from '#infra/kernel/ids.ts';
import { signNote } from '#security/audit/checkpoint.ts';
import { formatCertificate, keyStorePrefix, type Count } from './certificate.ts';
import type { CertificateKey } from './signing-key.ts';

interface Ended {
  readonly tenant: string;
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly name_sha256: string;
  readonly ended_at: Date | null;
  readonly certificate: string | null;
}

/**
 * Signs the certificate of a deletion that has ended, and removes its counts, in one transaction; a certificate that
 * exists is kept as it is.
 * @throws deletion.unknown (404), deletion.unfinished (409), deletion.log-not-sealed (503) until the log contains the
 *   end of the deletion, and as CertificateKey
 */
export async function certifyDeletion(
  ports: {
    readonly database: Pick<Database, 'acrossTenants'>;
    readonly key: CertificateKey;
    readonly installation: string;
  },
  deletion: string,
): Promise<void> {
  const { database, key, installation } = ports;
  const signer = await key.signer();
  await database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query<Ended>(
      `select tenant, requested_by, requested_at, name_sha256, ended_at, certificate
         from deletion where id = $1 for update`,
      [deletion],
    );
    const [row] = rows;
    if (!row) throw callerFault('deletion.unknown', 'There is no such deletion.', 404);
    if (row.certificate !== null) return;
    if (row.ended_at === null) throw callerFault('deletion.unfinished', 'The deletion has not ended yet.', 409);
    const tenant = tenantId(row.tenant);
    const counts = await countsOf(transaction, tenant);
    const text = formatCertificate({
      installation,
      deletion,
      tenant,
      nameSha256: row.name_sha256,
      requestedBy: row.requested_by,
      requestedAt: row.requested_at,
      endedAt: row.ended_at,
      deleted: counts.filter(({ store }) => !store.startsWith(keyStorePrefix)),
      destroyed: counts.filter(({ store }) => store.startsWith(keyStorePrefix)),
      log: await sealedUpTo(transaction, tenant, row.ended_at),
    });
    await transaction.query('update deletion set certificate = $2 where id = $1', [deletion, signNote(text, signer)]);
    await transaction.query('delete from deletion_count where tenant_id = $1', [tenant]);
  });
}

async function countsOf(transaction: Transaction, tenant: TenantId): Promise<Count[]> {
  const { rows } = await transaction.query<{ store: string; count: string }>(
    'select store, count from deletion_count where tenant_id = $1 order by store collate "C"',
    [tenant],
  );
  return rows.map(({ store, count }) => ({ store, count: Number(count) }));
}

/** The log's last checkpoint, once it covers everything that was journalled up to the end of the deletion. */
async function sealedUpTo(transaction: Transaction, tenant: TenantId, endedAt: Date) {
  const { rows: waiting } = await transaction.query(
    'select 1 from audit_journal where tenant_id = $1 and journalled_at <= $2 limit 1',
    [tenant, endedAt],
  );
  const { rows } = await transaction.query<{ size: string; root: Buffer }>(
    `select tree_size as size, root_hash as root from audit_checkpoint
       where tenant_id = $1 order by tree_size desc limit 1`,
    [tenant],
  );
  const [last] = rows;
  if (waiting.length > 0 || !last)
    throw platformFault('deletion.log-not-sealed', 'The end of the deletion is not in the audit log yet. Try again.');
  return { size: Number(last.size), root: last.root };
}
