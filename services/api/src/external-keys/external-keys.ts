import { z } from 'zod';
import { callerFault, hasCode, upstreamFault } from '#infra/kernel/errors.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { Database } from '#infra/database/pool.ts';
import type { Sagas } from '#infra/sagas/engine.ts';
import type { Saga } from '#infra/sagas/saga.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { Carry } from '#security/keyring/external/carry.ts';
import { externalKeepers } from '#security/keyring/external/external-key-store.ts';
import type { ExternalKeyOffer } from '#security/keyring/external/settings.ts';
import { rotationSchema } from '#security/keyring/rotation.ts';
import { readExternalKey, type ExternalKeyState } from './external-key-state.ts';

const changeSchema = z.object({ changeId: z.string(), keyId: z.string().nullable() });
type ChangeInput = { readonly tenant: TenantId; readonly changeId: string; readonly keyId: string | null };

const changeSaga = 'external-key';
/** How the IDs of a tenant's changes begin. */
export const externalKeyChangesOf = (tenant: TenantId): string => `${changeSaga}-${tenant}-`;

/** Enough for millions of values; a request takes seconds. */
const longestChangeMs = 60 * 60_000;
const requestMs = 45_000;
/** A process waits for the customer's Vault before it answers. */
const proofMs = 14_000;
/** How long the person who asks waits; after that, it continues without them. */
const waitMs = 10_000;

/** Has each process seal a tenant's values with another key of its own, or with none. */
export const createExternalKeySaga = ({ caller }: { readonly caller: Caller }): Saga<ChangeInput> => ({
  name: changeSaga,
  steps: externalKeepers.map((keeper) => ({
    name: `re-encrypt at ${keeper}`,
    timeoutMs: longestChangeMs,
    async run({ tenant, changeId, keyId }: ChangeInput, signal: AbortSignal) {
      const address = addressOf(keeper, 'POST /v1/tenants/:tenant/keys/external/carry', { tenant });
      const body = { changeId, keyId } satisfies Carry;
      for (;;) {
        const request = { ...address, body, signal, timeoutMs: requestMs };
        if ((await caller.json(request, rotationSchema)).complete) return;
      }
    },
  })),
});

/** Keys in tenants' own Vaults. */
export interface TenantExternalKeys {
  read(tenant: TenantId): Promise<ExternalKeyState>;
  /**
   * Stores a key that each process has found to work, and re-encrypts everything with it.
   * @returns running if that takes longer than ten seconds; it continues by itself
   * @throws external-key.unsuitable, external-key.private-address (422), keyring.external-key (424)
   */
  set(tenant: TenantId, offer: ExternalKeyOffer): Promise<'running' | 'done'>;
  /**
   * Re-encrypts everything without it, for which it must still work, and forgets it.
   * @throws external-key.none (404), keyring.external-key (424)
   */
  remove(tenant: TenantId): Promise<'running' | 'done'>;
  /** Continues a change that was given up. @throws external-key.not-failed (409) */
  retry(tenant: TenantId): Promise<'running' | 'done'>;
  /**
   * Goes back to the key, or to none, that was used before a change that was given up. What was re-encrypted already has
   * to open once more.
   * @throws external-key.not-failed, external-key.no-way-back (409), keyring.external-key (424)
   */
  abandon(tenant: TenantId): Promise<'running' | 'done'>;
}

export function createTenantExternalKeys(ports: {
  readonly caller: Caller;
  readonly database: Pick<Database, 'queryInTenant'>;
  readonly sagas: Sagas;
}): TenantExternalKeys {
  const { caller, database, sagas } = ports;
  const check = (tenant: TenantId) =>
    Promise.all(
      externalKeepers.map((keeper) => {
        const address = addressOf(keeper, 'POST /v1/tenants/:tenant/keys/external/check', { tenant });
        return caller.json({ ...address, timeoutMs: proofMs }, z.unknown());
      }),
    );
  const change = async (tenant: TenantId, keyId: string | null): Promise<'running' | 'done'> => {
    const changeId = newId('xkc');
    const id = `${externalKeyChangesOf(tenant)}${changeId}`;
    await sagas.begin(changeSaga, id, { tenant, changeId, keyId });
    return ended(id);
  };
  const ended = async (id: string): Promise<'running' | 'done'> => {
    const outcome = await sagas.outcome(id, waitMs);
    if (outcome.status === 'failed')
      throw upstreamFault(
        'external-key.not-changed',
        `Not everything could be re-encrypted: ${outcome.error.message} Nothing is lost. Try again, or go back to how it was.`,
      );
    return outcome.status;
  };
  const latestOf = async (tenant: TenantId) => {
    const [latest] = await sagas.list({ idPrefix: externalKeyChangesOf(tenant), limit: 1 }).catch((error: unknown) => {
      if (hasCode(error, 'saga.not-ready')) return [];
      throw error;
    });
    if (!latest) return undefined;
    const { changeId, keyId } = changeSchema.parse(latest.input);
    return { id: latest.id, changeId, keyId, status: latest.status, message: latest.failure?.message };
  };
  const read = async (tenant: TenantId) => readExternalKey(database, tenant, await latestOf(tenant));
  const failedOf = async (tenant: TenantId) => {
    const latest = await latestOf(tenant);
    if (latest?.status === 'failed' && !(await isSuperseded(database, tenant, latest.changeId))) return latest;
    throw callerFault('external-key.not-failed', 'No change of the key has failed.', 409);
  };
  return {
    read,
    async retry(tenant) {
      const { id } = await failedOf(tenant);
      await sagas.retry(id);
      return ended(id);
    },
    async abandon(tenant) {
      const { keyId } = await failedOf(tenant);
      const before = await keyBefore(database, tenant, keyId);
      if (before === undefined)
        throw callerFault(
          'external-key.no-way-back',
          'A part of the platform has completed the change and forgotten the key before it. Try again, or set a key anew.',
          409,
        );
      return change(tenant, before);
    },
    async set(tenant, body) {
      // What the key before has sealed must open, or a change would stop halfway.
      await check(tenant);
      const any = newId('xky');
      const at = (keeper: (typeof externalKeepers)[number], method: 'PUT' | 'DELETE') =>
        addressOf(keeper, `${method} /v1/tenants/:tenant/keys/external/:any`, { tenant, any });
      const offered = await Promise.allSettled(
        externalKeepers.map((keeper) => caller.json({ ...at(keeper, 'PUT'), body, timeoutMs: proofMs }, z.unknown())),
      );
      const refused = offered.find((each) => each.status === 'rejected');
      if (refused) {
        await Promise.allSettled(externalKeepers.map((keeper) => caller.json(at(keeper, 'DELETE'), z.unknown())));
        throw refused.reason;
      }
      return change(tenant, any);
    },
    async remove(tenant) {
      const { state } = await read(tenant);
      if (state === 'none') throw callerFault('external-key.none', 'No key of its own is set for this tenant.', 404);
      await check(tenant);
      return change(tenant, null);
    },
  };
}

/** Whether a process has taken up a later change: ids grow with time. */
async function isSuperseded(
  database: Pick<Database, 'queryInTenant'>,
  tenant: TenantId,
  changeId: string,
): Promise<boolean> {
  const later = await database.queryInTenant(tenant, {
    name: 'external-key-superseded',
    text: 'select 1 from external_key_use where tenant_id = $1 and change_id > $2 limit 1',
    values: [tenant, changeId],
  });
  return later.length > 0;
}

/** The key that every process still has besides the one of the change; null for none, undefined if one has forgotten it. */
async function keyBefore(
  database: Pick<Database, 'queryInTenant'>,
  tenant: TenantId,
  keyId: string | null,
): Promise<string | null | undefined> {
  const [use, kept] = await Promise.all([
    database.queryInTenant<{ carried: boolean; key_id: string | null }>(tenant, {
      name: 'external-key-carried',
      text: 'select carried, key_id from external_key_use where tenant_id = $1',
      values: [tenant],
    }),
    database.queryInTenant<{ id: string; keepers: number }>(tenant, {
      name: 'external-keys-kept',
      text: `select id, count(*)::int as keepers from external_key
             where tenant_id = $1 and id is distinct from $2 group by id order by id`,
      values: [tenant, keyId],
    }),
  ]);
  // Of keys that were offered and never used none was ever taken into use.
  const everywhere = kept.filter(({ keepers }) => keepers === externalKeepers.length).map(({ id }) => id);
  if (kept.length === 0) return keyId === null && use.some(({ carried }) => carried) ? undefined : null;
  return everywhere.length === 1 ? everywhere[0] : undefined;
}
