import { z } from 'zod';
import { callerFault, upstreamFault } from '#infra/kernel/errors.ts';
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
    const outcome = await sagas.outcome(id, waitMs);
    if (outcome.status === 'failed')
      throw upstreamFault(
        'external-key.not-changed',
        `Not everything could be re-encrypted: ${outcome.error.message} Nothing is lost; make the same change again.`,
      );
    return outcome.status;
  };
  return {
    read: (tenant) => readExternalKey(database, tenant),
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
      const { state } = await readExternalKey(database, tenant);
      if (state === 'none') throw callerFault('external-key.none', 'No key of its own is set for this tenant.', 404);
      await check(tenant);
      return change(tenant, null);
    },
  };
}
