import type { Database, Transaction } from '#infra/database/pool.ts';
import type { TenantStatus } from '#infra/database/tenant-status.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { BailiwickError, callerFault, hasCode } from '#infra/kernel/errors.ts';
import { snowflake, tenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { inOwnMemory } from '#infra/kernel/own-memory.ts';
import { whileHeld } from '#infra/leases/fenced.ts';
import type { Lease } from '#infra/leases/lease.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { keysAwayCode } from '#security/keyring/custodian.ts';
import { keyVersionOf, type Envelope } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import type { Refusal } from '#tenants/credential/credential-events.ts';
import * as life from '#tenants/credential/credential-life.ts';
import { countKeyVersions } from '#tenants/deletion/key-count.ts';
import { usedByAnotherTenant, type CheckedApplication } from '#tenants/application-check/check-application.ts';
import { changeCredential } from './credential-row.ts';

/** A tenant's credential as stored in the database. */
export interface StoredCredential {
  readonly tenant: TenantId;
  readonly applicationId: Snowflake;
  readonly botUserId: Snowflake;
  /** The token, sealed with the tenant's key. */
  readonly sealed: Uint8Array;
  /** When it was checked and stored, which tells it from the one before. */
  readonly checkedAt: Date;
}

/** Who changed it, for the audit record. */
export interface Change {
  readonly actor: AuditRecord['actor'];
  readonly onBehalfOf?: AuditRecord['actor'] | undefined;
  readonly requestId: string;
}

/**
 * The tenants' Discord tokens: sealed at rest, opened for one use. Every change is journalled in the same transaction.
 */
export interface CredentialStore {
  load(tenant: TenantId): Promise<StoredCredential | undefined>;
  /** Tenants that are active and have a credential: those whose sessions are open. */
  active(): Promise<TenantId[]>;
  /** Tenants that are suspended or being deleted and whose session never ended because no edge was running. */
  abandoned(): Promise<TenantId[]>;
  /** Undefined if there is no such tenant. */
  statusOf(tenant: TenantId): Promise<TenantStatus | undefined>;
  /** Whether this application belongs to a tenant other than this one. */
  isTaken(tenant: TenantId, applicationId: Snowflake): Promise<boolean>;
  /**
   * @throws credential.used-by-another-tenant, credential.tenant-closed (suspended, being deleted or gone),
   *   keyring.unavailable, lease.lost (another edge serves the tenant by now)
   */
  store(lease: Lease, token: string, application: CheckedApplication, change: Change): Promise<StoredCredential>;
  /**
   * False if there was none. Its gateway session is deleted with it, and the tenant's key here is destroyed, so that no
   * copy of the database can reveal the token. Another call completes what failed halfway. @throws lease.lost
   */
  delete(lease: Lease, change: Change): Promise<boolean>;
  /**
   * Discord lets the bot connect with this credential, or does not any more (with a reason). Nothing changes if another one is
   * stored by now. @throws lease.lost
   */
  judged(lease: Lease, credential: StoredCredential, refusal: Refusal | undefined): Promise<void>;
  /** Opens the token. The caller keeps it only as long as needed. */
  open(credential: StoredCredential): Promise<string>;
}

interface Row {
  readonly application_id: string;
  readonly bot_user_id: string;
  readonly sealed: Uint8Array;
  readonly checked_at: Date;
}

const uniqueViolation = '23505';

/** The table application_credential. */
export function createCredentialStore(database: Database, envelope: Envelope, clock: Clock): CredentialStore {
  const load = async (tenant: TenantId): Promise<StoredCredential | undefined> => {
    const { rows } = await database.inTenant(tenant, (transaction) =>
      transaction.query<Row>(
        'select application_id, bot_user_id, sealed, checked_at from application_credential where tenant_id = $1',
        [tenant],
      ),
    );
    const row = rows[0];
    return row ? fromRow(tenant, row) : undefined;
  };
  return {
    load,
    async active() {
      const { rows } = await database.acrossTenants((transaction) =>
        transaction.query<{ id: string }>(
          "select t.id from tenant t join application_credential c on c.tenant_id = t.id where t.status = 'active' order by t.id",
        ),
      );
      return rows.map(({ id }) => tenantId(id));
    },
    async abandoned() {
      const { rows } = await database.acrossTenants((transaction) =>
        transaction.query<{ id: string }>(
          `select t.id from tenant t join application_credential c on c.tenant_id = t.id
             join gateway_session s on s.tenant_id = t.id
           where t.status in ('suspended', 'deleting') order by t.id`,
        ),
      );
      return rows.map(({ id }) => tenantId(id));
    },
    async statusOf(tenant) {
      const { rows } = await database.inTenant(tenant, (transaction) =>
        transaction.query<{ status: TenantStatus }>('select status from tenant where id = $1', [tenant]),
      );
      return rows[0]?.status;
    },
    async isTaken(tenant, applicationId) {
      const { rows } = await database.acrossTenants((transaction) =>
        transaction.query('select 1 from application_credential where application_id = $1 and tenant_id <> $2', [
          applicationId,
          tenant,
        ]),
      );
      return rows.length > 0;
    },
    async store(lease, token, { applicationId, botUserId }, change) {
      const { tenant } = lease;
      try {
        return await whileHeld(database, lease, async (transaction) => {
          await refuseClosed(transaction, tenant);
          await whileSealing(transaction, tenant);
          const sealed = await envelope.seal(Buffer.from(token, 'utf8'), location(tenant));
          const checkedAt = new Date(clock.now());
          const stored = { applicationId, botUserId, keyVersion: keyVersionOf(sealed) };
          await changeCredential(transaction, tenant, {
            decide: (credential) => life.store(credential, stored),
            by: actorOf(change),
            atMs: checkedAt.getTime(),
            token: { sealed, checkedAt },
          });
          // A session of another application, or of the old token, must not be resumed with the new one.
          await transaction.query('delete from gateway_session where tenant_id = $1', [tenant]);
          await journal(transaction, [record(tenant, 'credential.store', { ...change, applicationId }, clock.now())]);
          const row = { application_id: applicationId, bot_user_id: botUserId, sealed, checked_at: checkedAt };
          return fromRow(tenant, row);
        });
      } catch (error) {
        if (hasCode(error, uniqueViolation)) throw usedByAnotherTenant();
        if (error instanceof BailiwickError && error.code === keysAwayCode)
          throw new BailiwickError({ ...error, message: `The token was not stored. ${error.message}`, cause: error });
        throw error;
      }
    },
    async delete(lease, change) {
      const { tenant } = lease;
      const versions = await envelope.versions(tenant);
      const found = await whileHeld(database, lease, async (transaction) => {
        await countKeyVersions(transaction, { tenant, keeper: 'discord-edge' }, versions);
        const nowMs = clock.now();
        const by = actorOf(change);
        const gone = await changeCredential(transaction, tenant, { decide: life.remove, by, atMs: nowMs });
        await transaction.query('delete from gateway_session where tenant_id = $1', [tenant]);
        if (!gone) return false;
        const { applicationId } = gone;
        await journal(transaction, [record(tenant, 'credential.delete', { ...change, applicationId }, nowMs)]);
        return true;
      });
      await envelope.destroy(tenant);
      return found;
    },
    async judged(lease, { tenant, checkedAt }, refusal) {
      await whileHeld(database, lease, async (transaction) => {
        await changeCredential(transaction, tenant, {
          decide: (credential) => (refusal ? life.refuse(credential, refusal) : life.accept(credential)),
          by: 'discord',
          atMs: clock.now(),
          only: checkedAt,
        });
      });
    },
    open(credential) {
      const { tenant } = credential;
      let current: StoredCredential | undefined = credential;
      return acrossRotation(async () => {
        const { sealed } = current ?? (await load(tenant)) ?? credential;
        current = undefined;
        return Buffer.from(await envelope.open(sealed, location(tenant))).toString('utf8');
      });
    },
  };
}

const actorOf = ({ actor, onBehalfOf }: Change): string => (onBehalfOf ?? actor).id;

/** Binds what is sealed to its place, so that it opens nowhere else. */
const location = (tenant: TenantId) => ({
  tenant,
  table: 'application_credential',
  column: 'sealed',
  row: tenant as string,
});

const record = (
  tenant: TenantId,
  action: 'credential.store' | 'credential.delete',
  { actor, onBehalfOf, requestId, applicationId }: Change & { readonly applicationId: string },
  nowMs: number,
): AuditRecord =>
  auditRecord(
    {
      tenant,
      kind: 'change',
      action,
      outcome: 'succeeded',
      actor,
      ...(onBehalfOf ? { onBehalfOf } : {}),
      target: `application:${applicationId}`,
      requestId,
    },
    nowMs,
  );

/**
 * Prevents a store that races with the tenant's deletion from leaving a token behind, and keeps suspensions in force.
 */
async function refuseClosed(transaction: Transaction, tenant: TenantId): Promise<void> {
  const { rows } = await transaction.query<{ status: TenantStatus }>('select status from tenant where id = $1', [
    tenant,
  ]);
  const status = rows[0]?.status;
  if (status === 'created' || status === 'active') return;
  throw callerFault(
    'credential.tenant-closed',
    'This tenant is suspended or being deleted, so its token cannot be replaced.',
    409,
  );
}

/** Kept for as long as the tenant is served. */
const fromRow = (tenant: TenantId, row: Row): StoredCredential => ({
  tenant,
  applicationId: snowflake(row.application_id),
  botUserId: snowflake(row.bot_user_id),
  sealed: inOwnMemory(row.sealed),
  checkedAt: row.checked_at,
});
