import { z } from 'zod';
import { upstreamFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Sagas, SagaOutcome } from '#infra/sagas/engine.ts';
import type { Saga } from '#infra/sagas/saga.ts';
import { addressOf } from '#policies/addresses.ts';
import { auditRecord, auditRecordSchema, type AuditRecord } from '#security/audit/record.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { Deletions } from '#tenants/deletion/deletions.ts';
import type { TenantStore } from '#tenants/tenant/tenant-store.ts';
import type { Bots } from '../bots.ts';
import { externalKeyChangesOf } from '../external-keys/external-keys.ts';
import { erasuresOf } from '../erasure/erasures.ts';
import { movesOf } from '../machines/tenant-move.ts';
import { onboardingsOf } from '../onboarding/onboarding-saga.ts';
import { longestRotationMs, rotationsOf } from '../rotation/rotation.ts';
import type { RenewNames } from '../words/renew-names.ts';

/** What is recorded once the tenant is gone; the id and the time are those of that moment. */
const closingRecordSchema = auditRecordSchema.omit({ id: true, time: true });
type ClosingRecord = z.infer<typeof closingRecordSchema>;

type OffboardingInput = { readonly tenant: TenantId; readonly record: ClosingRecord };

export const offboardingSaga = 'offboarding';
const idOf = (tenant: TenantId): string => `${offboardingSaga}-${tenant}`;

/** How long the person who deletes a tenant waits; after that, the deletion continues without them. */
const waitMs = 10_000;

/** Stops a tenant's bot, destroys its token and keys, removes its data and certifies that: in this order, to the end. */
export function createOffboardingSaga(ports: {
  readonly bots: Bots;
  readonly caller: Caller;
  readonly tenants: TenantStore;
  readonly deletions: Deletions;
  readonly renewNames: RenewNames;
  readonly clock: Clock;
  /** Ends and forgets all workflows whose ids begin so. */
  readonly forget: Sagas['forget'];
}): Saga<OffboardingInput> {
  const { bots, caller, tenants, deletions, renewNames, clock, forget } = ports;
  const forgetOthers = async (tenant: TenantId): Promise<void> => {
    for (const prefixOf of [rotationsOf, onboardingsOf, externalKeyChangesOf, erasuresOf, movesOf])
      await forget(prefixOf(tenant));
  };
  return {
    name: offboardingSaga,
    // It names the tenant; whoever waits for it has learnt its outcome by then.
    keptForMs: waitMs + 5_000,
    whyNotCompensated: async () =>
      'What was deleted cannot be brought back. Retry it, so that the deletion is completed.',
    steps: [
      { name: 'stop the bot', run: ({ tenant }) => bots.down(tenant) },
      {
        name: 'delete its music sessions',
        async run({ tenant }, signal) {
          const address = addressOf('audio', 'DELETE /v1/tenants/:tenant/sessions', { tenant });
          await caller.json({ ...address, signal }, z.unknown());
        },
      },
      {
        name: 'destroy its token and key',
        async run({ tenant }, signal) {
          const address = addressOf('discord-edge', 'DELETE /v1/tenants/:tenant/credential', { tenant });
          await caller.json({ ...address, signal }, z.unknown());
        },
      },
      {
        name: 'remove its data',
        timeoutMs: longestRotationMs,
        async run({ tenant, record }, signal) {
          // The attempt before may have removed it without knowing so.
          if (await tenants.find(tenant))
            await tenants.remove(tenant, () => auditRecord(closingRecordSchema.parse(record), clock.now()));
          await renewNames(signal);
        },
      },
      { name: 'forget its other workflows', run: ({ tenant }) => forgetOthers(tenant) },
      {
        name: 'certify the deletion',
        async run({ tenant }, signal) {
          const deletion = await deletions.ofTenant(tenant);
          // Removed before deletions were recorded: nothing was counted.
          if (!deletion) return;
          const path = { any: deletion.id };
          const address = addressOf('worker', 'PUT /v1/deletions/:any/certificate', path);
          await caller.json({ ...address, signal }, z.unknown());
        },
      },
    ],
  };
}

const atOnce = 200;

/** Deletions of tenants, which end even if a process does not. */
export interface Offboardings {
  /**
   * Deletes a tenant whose status is `deleting`; repeating it after a failure continues where it failed.
   * @returns running if it is not complete after ten seconds; it continues by itself
   */
  run(tenant: TenantId, closing: AuditRecord): Promise<SagaOutcome['status']>;
}

export function createOffboardings(ports: {
  readonly sagas: Sagas;
  readonly tenants: TenantStore;
  readonly logger: Logger;
}): Offboardings {
  const { sagas, tenants, logger } = ports;
  const begin = (tenant: TenantId, closing: Omit<AuditRecord, 'id' | 'time'>) => {
    const record = closingRecordSchema.parse(closing);
    return sagas.begin(offboardingSaga, idOf(tenant), { tenant, record });
  };
  void sagas.launched
    .then(async () => {
      // A process that was killed after it had marked a tenant and before it began to delete it.
      for (const { id } of await tenants.page({ after: undefined, take: atOnce, status: 'deleting' }))
        await begin(id, byPlatform(id));
    })
    .catch((error: unknown) => logger.warn({ err: error }, 'could not look for interrupted deletions'));
  return {
    async run(tenant, { id: _id, time: _time, ...closing }) {
      await begin(tenant, closing);
      const outcome = await sagas.outcome(idOf(tenant), waitMs);
      if (outcome.status === 'failed')
        throw upstreamFault(
          'tenant.not-deleted',
          `The tenant could not be deleted: ${outcome.error.message} Delete it again to continue.`,
        );
      return outcome.status;
    },
  };
}

const byPlatform = (tenant: TenantId): Omit<AuditRecord, 'id' | 'time'> => ({
  action: 'tenant.delete',
  actor: { type: 'platform', id: 'api' },
  kind: 'lifecycle',
  outcome: 'succeeded',
  reason: 'continued after an interruption',
  tenant,
});
