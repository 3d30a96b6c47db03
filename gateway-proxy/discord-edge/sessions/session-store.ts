import type { SessionInfo } from '@discordjs/ws';
import { z } from 'zod';
import { queryAndCommit, type Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { whileHeld } from '#infra/leases/fenced.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';

/** What is needed to resume a session, and the state after its last handled dispatch. */
export interface SavedSession {
  readonly info: SessionInfo;
  /** Undefined keeps what was saved before. */
  readonly document: unknown;
}

/**
 * Stores gateway sessions, so that the edge after one that was killed resumes instead of identifying. Only the holder of
 * the tenant's lease writes: others reject with lease.lost.
 */
export interface SessionStore {
  load(tenant: TenantId): Promise<SavedSession | undefined>;
  /** Returns how many bytes of document were written. */
  save(lease: Lease, session: SavedSession): Promise<number>;
  forget(lease: Lease): Promise<void>;
}

const shardId = 0;
const documentSchema = z.object({ sealed: z.base64() });

const location = (tenant: TenantId) => ({
  tenant,
  table: 'gateway_session',
  column: 'document',
  row: String(shardId),
});

/**
 * The table gateway_session. The document holds members, voice servers' tokens and interactions' tokens, so it is
 * sealed with the tenant's key: once the key is destroyed, nothing of it can be read, not even in a backup.
 */
export function createSessionStore(database: Database, envelope: Envelope): SessionStore {
  return {
    load: (tenant) =>
      acrossRotation(async () => {
        const rows = await database.inTenant(tenant, (transaction) =>
          transaction.query(
            'select session_id, resume_url, sequence, document from gateway_session where tenant_id = $1 and shard_id = $2',
            [tenant, shardId],
          ),
        );
        const row = rows.rows[0] as
          | { session_id: string; resume_url: string; sequence: number; document: unknown }
          | undefined;
        if (!row) return undefined;
        const { sealed } = documentSchema.parse(row.document);
        const opened = await envelope.open(Buffer.from(sealed, 'base64'), location(tenant));
        return {
          info: {
            sessionId: row.session_id,
            resumeURL: row.resume_url,
            sequence: row.sequence,
            shardId,
            shardCount: 1,
          },
          document: JSON.parse(Buffer.from(opened).toString('utf8')) as unknown,
        };
      }),
    async save(lease, { info, document }) {
      const { tenant } = lease;
      return whileHeld(database, lease, async (transaction) => {
        const { sessionId, resumeURL, sequence } = info;
        if (document === undefined) {
          const text = `update gateway_session set sequence = $4, updated_at = now()
            where tenant_id = $1 and shard_id = $2 and session_id = $3`;
          await queryAndCommit(transaction, { text, values: [tenant, shardId, sessionId, sequence] });
          return 0;
        }
        await whileSealing(transaction, tenant);
        const sealed = await envelope.seal(Buffer.from(JSON.stringify(document), 'utf8'), location(tenant));
        await queryAndCommit(transaction, {
          text: `insert into gateway_session (tenant_id, shard_id, session_id, resume_url, sequence, document, updated_at)
           values ($1, $2, $3, $4, $5, $6, now())
           on conflict (tenant_id, shard_id) do update set session_id = excluded.session_id,
             resume_url = excluded.resume_url, sequence = excluded.sequence, document = excluded.document, updated_at = now()`,
          values: [tenant, shardId, sessionId, resumeURL, sequence, { sealed: Buffer.from(sealed).toString('base64') }],
        });
        return sealed.length;
      });
    },
    async forget(lease) {
      await whileHeld(database, lease, (transaction) =>
        transaction.query('delete from gateway_session where tenant_id = $1', [lease.tenant]),
      );
    },
  };
}
