import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { HeldLocks } from '#infra/database/held-locks.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, hasCode, upstreamFault } from '#infra/kernel/errors.ts';
import { newId, type TenantId } from '#infra/kernel/ids.ts';
import type { LeasedPart } from '#infra/leases/lease.ts';
import type { Sagas } from '#infra/sagas/engine.ts';
import type { Failure, Saga, SagaState, SagaStep } from '#infra/sagas/saga.ts';
import { addressOf } from '#policies/addresses.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import { auditRecord, auditRecordSchema, type AuditRecord } from '#security/audit/record.ts';
import { isAway, type Caller } from '#security/identity/caller.ts';
import { instanceStateSchema } from '#tenants/instance-protocol/instance-state.ts';
import { sessionStateSchema } from '#tenants/instance-protocol/session-state.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import type { TenantStore } from '#tenants/tenant/tenant-store.ts';
import type { Machines, Placement } from './machines.ts';

const moveSaga = 'tenant-move';
/** How the IDs of a tenant's moves begin. */
export const movesOf = (tenant: TenantId): string => `${moveSaga}-${tenant}-`;

const bySchema = auditRecordSchema.pick({ actor: true, requestId: true });

type MoveInput = {
  readonly tenant: TenantId;
  readonly machine: string;
  /** Where it was, to go back to. */
  readonly from: Placement;
  readonly by: z.infer<typeof bySchema>;
};

/**
 * The bot's process first: it is what most likely fails on another machine, and meanwhile the edge stays and keeps what
 * members ask for. Then the session, whose new holder finds a bot that is ready; the music last, since it follows voice
 * events of every edge, and plays on at its node while nobody is connected.
 */
const inOrder = ['supervisor', 'discord-edge', 'audio'] as const satisfies readonly LeasedPart[];

/** How long a part may take to be ready at the other machine; a bot is stopped and started in that time. */
const readyWithinMs = 25_000;
/** For as long the machine may be without the part: it may be restarting. */
const goneAfterMs = 12_000;
const lookEveryMs = 250;

interface MovePorts {
  readonly caller: Pick<Caller, 'json'>;
  readonly machines: Machines;
  readonly journal: Pick<BatchJournal, 'add'>;
  readonly clock: Clock;
}

/** Has each part pass a tenant on to a machine, and waits until it is ready there; if that fails, everything goes back. */
export function createMoveSaga(ports: MovePorts): Saga<MoveInput> {
  const { journal, clock } = ports;
  const record = async ({ tenant, machine, by }: MoveInput, outcome: 'succeeded' | 'failed', reason?: string) => {
    const event = { tenant: installationLog, kind: 'change', action: 'operator.write', outcome } as const;
    const what = { target: `tenant:${tenant}`, detail: { machine }, ...(reason === undefined ? {} : { reason }) };
    await journal.add(auditRecord({ ...event, ...what, ...by }, clock.now()));
  };
  return {
    name: moveSaga,
    steps: [
      ...inOrder.flatMap((part) => stepsOf(part, ports)),
      { name: 'record that it is done', run: (input) => record(input, 'succeeded') },
    ],
    failed: (input, { code }: Failure) => record(input, 'failed', code),
  };
}

/** Two, so that what was passed on is taken back also if the other machine is never ready. */
function stepsOf(part: LeasedPart, ports: MovePorts): readonly SagaStep<MoveInput>[] {
  const { machines } = ports;
  return [
    {
      name: `pass on to ${part}`,
      // Nothing is left to move once the tenant is deleted.
      run: async ({ tenant, machine }) => ((await machines.pin(tenant, part, machine)) ? undefined : 'over'),
      undo: (input, signal) => takeBack(part, input, ports, signal),
    },
    {
      name: `wait for ${part}`,
      timeoutMs: readyWithinMs + 5_000,
      limit: 2,
      repeats: (error) => !hasCode(error, machineGone),
      run: ({ tenant, machine }, signal) => untilReady(part, { tenant, machine }, ports, signal),
    },
  ];
}

const machineGone = 'move.machine-gone';

async function untilReady(
  part: LeasedPart,
  { tenant, machine }: Pick<MoveInput, 'tenant' | 'machine'>,
  { machines, caller, clock }: MovePorts,
  signal: AbortSignal,
): Promise<'over' | void> {
  const beganMs = clock.now();
  let servedMs = beganMs;
  let missing = 'it has not taken over';
  while (clock.now() - beganMs < readyWithinMs) {
    const standing = await machines.standing(tenant, part, machine);
    if (!standing) return 'over';
    if (standing.machine === machine) {
      const missingNow = await whyNotReady(part, tenant, caller, signal);
      if (missingNow === undefined) return undefined;
      missing = missingNow;
    }
    if (standing.isServed) servedMs = clock.now();
    if (clock.now() - servedMs >= goneAfterMs) throw upstreamFault(machineGone, `${machine} has no ${part} any more.`);
    await delay(lookEveryMs, undefined, { signal });
  }
  throw upstreamFault('move.not-ready', `The ${part} of ${machine} is not ready: ${missing}.`);
}

/** Why the holder of the tenant's lease cannot act for it yet; undefined if it does. */
async function whyNotReady(
  part: LeasedPart,
  tenant: TenantId,
  caller: Pick<Caller, 'json'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const asking = { timeoutMs: 3_000, signal };
  try {
    if (part === 'supervisor') {
      const address = addressOf('supervisor', 'GET /v1/tenants/:tenant/instance', { tenant });
      const { desired, state, reason } = await caller.json({ ...address, ...asking }, instanceStateSchema);
      return desired === 'stopped' || state === 'ready' ? undefined : `its bot is ${state}${because(reason)}`;
    }
    if (part === 'discord-edge') {
      const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/session', { tenant });
      const { status, reason } = await caller.json({ ...address, ...asking }, sessionStateSchema);
      return status === 'none' || status === 'connected' ? undefined : `its session is ${status}${because(reason)}`;
    }
    const address = addressOf('audio', 'GET /v1/tenants/:tenant/players', { tenant });
    await caller.json({ ...address, ...asking }, z.unknown());
    return undefined;
  } catch (error) {
    if (isAway(error)) return 'it does not answer';
    throw error;
  }
}

const because = (reason: string | undefined): string => (reason === undefined ? '' : ` (${reason.replace(/\.$/, '')})`);

/** Where it was, or, if that machine has no such part any more, wherever somebody acts for it. */
async function takeBack(
  part: LeasedPart,
  { tenant, from }: MoveInput,
  { machines, clock }: MovePorts,
  signal: AbortSignal,
): Promise<void> {
  const { machine, pinnedTo } = from[part];
  if (machine !== null) {
    await machines.pin(tenant, part, machine);
    for (const beganMs = clock.now(); ;) {
      const standing = await machines.standing(tenant, part, machine);
      if (!standing || standing.machine === machine || (!standing.isServed && standing.machine !== null)) break;
      if (clock.now() - beganMs >= readyWithinMs)
        throw upstreamFault('move.not-back', `The ${part} of ${machine} has not taken the tenant back.`);
      await delay(lookEveryMs, undefined, { signal });
    }
  }
  await machines.pin(tenant, part, pinnedTo);
}

/** Moves of tenants from one machine to another, which end even if a process does not. */
export interface TenantMoves {
  /**
   * Begins a move; asking for the same while it is under way joins it.
   * @returns the ID of the workflow
   * @throws BailiwickError tenant.unknown (404), tenant.status, move.underway (409), and as Machines.requireRoom
   */
  begin(tenant: TenantId, machine: string, audit: () => AuditRecord): Promise<string>;
  /** Ends the choice of a machine. @throws BailiwickError tenant.unknown (404), move.underway (409) */
  unpin(tenant: TenantId, audit: () => AuditRecord): Promise<void>;
  /** The machine to which a tenant is being moved; undefined if it is not. */
  underway(tenant: TenantId): Promise<string | undefined>;
}

export function createTenantMoves(ports: {
  readonly machines: Machines;
  readonly sagas: Pick<Sagas, 'begin' | 'list'>;
  readonly tenants: Pick<TenantStore, 'find'>;
  readonly locks: HeldLocks;
  readonly journal: Pick<BatchJournal, 'add'>;
}): TenantMoves {
  const { machines, sagas, tenants, locks, journal } = ports;
  const running = async (tenant: TenantId): Promise<SagaState | undefined> =>
    (await sagas.list({ idPrefix: movesOf(tenant), limit: 5 })).find(
      ({ status, compensation }) => status === 'running' || compensation?.status === 'running',
    );
  const alone = async <Result>(tenant: TenantId, work: () => Promise<Result>): Promise<Result> => {
    await using lock = await locks.tryTake(`${moveSaga} ${tenant}`);
    if (!lock) throw underway();
    return work();
  };
  return {
    begin: (tenant, machine, audit) =>
      alone(tenant, async () => {
        const [found, from] = await Promise.all([tenants.find(tenant), machines.placement(tenant)]);
        if (!found || !from) throw unknownTenant();
        if (found.status === 'deleting')
          throw callerFault('tenant.status', 'A tenant that is being deleted cannot be moved.', 409);
        const before = await running(tenant);
        if (before?.status === 'running' && before.input['machine'] === machine) return before.id;
        if (before) throw underway();
        await machines.requireRoom(machine, tenant);
        const record = audit();
        await journal.add(record);
        const id = `${movesOf(tenant)}${newId('mov')}`;
        const by = bySchema.parse({ actor: record.actor, requestId: record.requestId });
        await sagas.begin(moveSaga, id, { tenant, machine, from, by });
        return id;
      }),
    unpin: (tenant, audit) =>
      alone(tenant, async () => {
        if (!(await machines.placement(tenant))) throw unknownTenant();
        if (await running(tenant)) throw underway();
        await machines.unpin(tenant, audit);
      }),
    async underway(tenant) {
      const machine = (await running(tenant))?.input['machine'];
      return typeof machine === 'string' ? machine : undefined;
    },
  };
}

const unknownTenant = () => callerFault('tenant.unknown', 'There is no such tenant.', 404);

const underway = () =>
  callerFault(
    'move.underway',
    'This tenant is being moved already. Wait until that has ended, or have it compensated (`bailiwick workflow list`).',
    409,
  );
