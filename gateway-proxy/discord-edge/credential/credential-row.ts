import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { credentialAggregate } from '#tenants/credential/credential-aggregate.ts';
import {
  credentialStateSchema,
  type CredentialEvent,
  type CredentialState,
} from '#tenants/credential/credential-events.ts';
import { evolve } from '#tenants/credential/credential-life.ts';

export interface CredentialChange {
  readonly decide: (credential: CredentialState | null) => CredentialEvent | undefined;
  /** Who causes it, as the audit log names them. */
  readonly by: string;
  readonly atMs: number;
  /** The token that is stored from now on. */
  readonly token?: { readonly sealed: Uint8Array; readonly checkedAt: Date };
  /** Nothing changes unless the credential is the one that was stored then. */
  readonly only?: Date;
}

/**
 * The one place that writes a tenant's row in application_credential (a rotation replaces what is sealed in it): the row becomes
 * what the event leads to, and the event is appended in the same transaction. To be called after `fence`.
 * @returns what it was before, also if nothing changes
 * @throws event.conflict (409)
 */
export async function changeCredential(
  transaction: Transaction,
  tenant: TenantId,
  { decide, by, atMs, token, only }: CredentialChange,
): Promise<CredentialState | null> {
  const { rows } = await transaction.query<{ checked_at: Date }>(
    `select application_id as "applicationId", bot_user_id as "botUserId", status, refusal, key_version as "keyVersion",
       checked_at from application_credential where tenant_id = $1 for update`,
    [tenant],
  );
  const before = rows[0] ? credentialStateSchema.parse(rows[0]) : null;
  if (only && rows[0]?.checked_at.getTime() !== only.getTime()) return before;
  const event = decide(before);
  if (!event) return before;
  const after = evolve(before, event);
  if (after === null) await transaction.query('delete from application_credential where tenant_id = $1', [tenant]);
  else await write(transaction, tenant, after, token);
  await credentialAggregate.tell(transaction, tenant, { event, before, by, atMs });
  return before;
}

async function write(
  transaction: Transaction,
  tenant: TenantId,
  { applicationId, botUserId, status, refusal, keyVersion }: CredentialState,
  token: CredentialChange['token'],
): Promise<void> {
  const values = [tenant, applicationId, botUserId, status, refusal, keyVersion];
  if (!token) {
    await transaction.query(
      `update application_credential set application_id = $2, bot_user_id = $3, status = $4, refusal = $5, key_version = $6
         where tenant_id = $1`,
      values,
    );
    return;
  }
  await transaction.query(
    `insert into application_credential (tenant_id, application_id, bot_user_id, status, refusal, key_version, sealed,
         checked_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (tenant_id) do update set application_id = excluded.application_id,
         bot_user_id = excluded.bot_user_id, status = excluded.status, refusal = excluded.refusal,
         key_version = excluded.key_version, sealed = excluded.sealed, checked_at = excluded.checked_at`,
    [...values, Buffer.from(token.sealed), token.checkedAt],
  );
}
