import { z } from 'zod';
import { upstreamFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Sagas } from '#infra/sagas/engine.ts';
import type { Saga, SagaStep } from '#infra/sagas/saga.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Caller } from '#security/identity/caller.ts';
import { keyReportSchema, type KeyReport, type ReportedKey } from '#security/keyring/key-report.ts';
import { rotationSchema } from '#security/keyring/rotation.ts';
import type { KeySchedules } from './key-schedules.ts';
import type { custodianSchema } from '../settings.ts';

/** The processes that hold tenants' keys; none of them reveals one. */
const keepers = ['discord-edge', 'worker', 'audio'] as const;
type Keeper = (typeof keepers)[number];

/** The key of each that the request counts; the one that signs a log is replaced along with `audit-key`. */
const purposes = { 'discord-edge': 'data', worker: 'audit-key', audio: 'library' } as const satisfies Record<
  Keeper,
  ReportedKey['purpose']
>;

/** A rotation that an earlier release has begun names no version for a keeper that it did not know. */
type RotationInput = { readonly tenant: TenantId; readonly to: Readonly<Partial<Record<Keeper, number>>> };

const rotationSaga = 'key-rotation';
/** Enough for millions of values; a request takes seconds. */
export const longestRotationMs = 60 * 60_000;

/** How the IDs of a tenant's rotations begin. */
export const rotationsOf = (tenant: TenantId): string => `${rotationSaga}-${tenant}-`;

/** Rotates a tenant's key at each of its keepers, and notes when. */
export const createRotationSaga = (ports: {
  readonly caller: Caller;
  readonly schedules: Pick<KeySchedules, 'rotated'>;
}): Saga<RotationInput> => ({
  name: rotationSaga,
  whyNotCompensated: async () => 'The keys that it has replaced are destroyed. Retry it, so that all are replaced.',
  steps: [
    ...keepers.map((keeper) => ({
      name: `rotate the key of ${keeper}`,
      timeoutMs: longestRotationMs,
      run: ({ tenant, to }: RotationInput, signal: AbortSignal) =>
        rotateAt(ports.caller, { keeper, tenant, to: to[keeper] }, signal),
    })),
    { name: 'note when they were rotated', run: ({ tenant }) => ports.schedules.rotated(tenant) },
  ],
});

/**
 * The steps of another saga that replace a tenant's keys, whatever versions there are by then: what was sealed and has
 * been deleted before opens in no copy of the database afterwards.
 */
export const renewalSteps = (caller: Caller): readonly SagaStep<{ readonly tenant: TenantId }>[] =>
  keepers.map((keeper) => ({
    name: `replace the key of ${keeper}`,
    timeoutMs: longestRotationMs,
    run: ({ tenant }, signal) => rotateAt(caller, { keeper, tenant, to: undefined }, signal),
  }));

/** Brings a key to a version; without one, to the next after the current one. */
async function rotateAt(
  caller: Caller,
  { keeper, tenant, to }: { readonly keeper: Keeper; readonly tenant: TenantId; readonly to: number | undefined },
  signal: AbortSignal,
): Promise<void> {
  const body = { to: to ?? next(await reportOf(caller, keeper, tenant), keeper) };
  const address = addressOf(keeper, 'POST /v1/tenants/:tenant/keys/rotation', { tenant });
  for (;;) {
    const { complete } = await caller.json({ ...address, body, signal }, rotationSchema);
    if (complete) return;
  }
}

const reportOf = (caller: Caller, keeper: Keeper, tenant: TenantId): Promise<KeyReport> =>
  caller.json(addressOf(keeper, 'GET /v1/tenants/:tenant/keys', { tenant }), keyReportSchema);

/** How long the person who asks waits; after that, it continues without them. */
const waitMs = 10_000;

/** The keys of tenants. */
export interface TenantKeys {
  read(tenant: TenantId): Promise<KeyReport & { custodian: z.infer<typeof custodianSchema> }>;
  /**
   * Adds a version to each key, re-encrypts what is stored, and destroys the older versions. Asking while it is under
   * way joins it. @returns running if it takes longer than ten seconds; it continues by itself
   */
  rotate(tenant: TenantId): Promise<'running' | 'done'>;
  /** Begins the same without waiting for its end. @returns the ID of the workflow */
  begin(tenant: TenantId): Promise<string>;
}

export function createTenantKeys(ports: {
  readonly caller: Caller;
  readonly sagas: Sagas;
  readonly custodian: z.infer<typeof custodianSchema>;
}): TenantKeys {
  const { caller, sagas, custodian } = ports;
  const begin = async (tenant: TenantId): Promise<string> => {
    const [edge = 1, worker = 1, audio = 1] = await Promise.all(
      keepers.map(async (keeper) => next(await reportOf(caller, keeper, tenant), keeper)),
    );
    const to = { 'discord-edge': edge, worker, audio };
    // Two who ask at the same time see the same versions, and mean the same rotation.
    const id = `${rotationsOf(tenant)}${edge}-${worker}-${audio}`;
    await sagas.begin(rotationSaga, id, { tenant, to });
    return id;
  };
  return {
    begin,
    async read(tenant) {
      const reports = await Promise.all(keepers.map((keeper) => reportOf(caller, keeper, tenant)));
      return { custodian, keys: reports.flatMap(({ keys }) => keys) };
    },
    async rotate(tenant) {
      const id = await begin(tenant);
      const outcome = await sagas.outcome(id, waitMs);
      if (outcome.status === 'failed')
        throw upstreamFault('keys.not-rotated', `The keys could not be rotated: ${outcome.error.message} Try again.`);
      return outcome.status;
    },
  };
}

/** The version to reach: one more than there is. */
function next({ keys }: KeyReport, keeper: Keeper): number {
  const versions = keys.filter(({ purpose }) => purpose === purposes[keeper]).map(({ version }) => version);
  return Math.max(0, ...versions) + 1;
}
