import { tryToLead } from '#infra/database/leadership.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Sagas, SagaOutcome } from '#infra/sagas/engine.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import { auditRecord } from '#security/audit/record.ts';
import type { KeySchedules } from './key-schedules.ts';
import type { TenantKeys } from './rotation.ts';

const hourMs = 3_600_000;
/** A process that is restarted more than once an hour must come to it, too. */
const firstWithinMs = 5 * 60_000;
const otherLeadsMs = 60_000;
const atOnce = 4;
const askEveryMs = 2_000;

export interface ScheduledRotationsPorts {
  /** Connection string of the database in which the one that runs a pass holds a lock; a secret. */
  readonly url: string;
  readonly schedules: Pick<KeySchedules, 'takeDue' | 'failed'>;
  readonly tenantKeys: Pick<TenantKeys, 'begin'>;
  readonly sagas: Pick<Sagas, 'launched' | 'outcome'>;
  readonly journal: Pick<BatchJournal, 'add'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ScheduledRotations extends AsyncDisposable {
  /** Begins what has just become due. */
  wake(): void;
}

/**
 * Rotates keys when they are due: about once an hour, by one process at a time, four tenants at once. What it has begun
 * ends even if this process does not. A failure is in the tenant's audit log.
 */
export function startScheduledRotations(ports: ScheduledRotationsPorts): ScheduledRotations {
  const { sagas, clock, logger } = ports;
  const stopping = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  let waking = new AbortController();
  const rest = async (ms: number): Promise<void> => {
    await pause(ms, clock, AbortSignal.any([stopping.signal, waking.signal]));
    // What becomes due from now on may escape the pass that begins.
    waking = new AbortController();
  };
  void sagas.launched.then(async () => {
    await rest(Math.random() * firstWithinMs);
    while (!stopping.signal.aborted) {
      const pass = rotateWhatIsDue(ports, stopping.signal).catch((error: unknown) => {
        logger.warn({ err: error }, 'keys that are due could not be rotated');
        return true;
      });
      running = pass;
      await rest((await pass) ? hourMs * (0.75 + Math.random() / 2) : otherLeadsMs);
    }
  });
  return {
    wake: () => waking.abort(),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

/** One pass. @returns false, and does nothing, while another process is in one */
export async function rotateWhatIsDue(ports: ScheduledRotationsPorts, stopping: AbortSignal): Promise<boolean> {
  await using leadership = await tryToLead(ports.url, 'scheduled key rotations');
  if (!leadership) return false;
  const signal = AbortSignal.any([stopping, leadership.lost]);
  let taking: Promise<readonly TenantId[]> = Promise.resolve([]);
  // One after the other: two at once would take the same tenant.
  const take = async (): Promise<TenantId | undefined> => {
    taking = taking.then(() => ports.schedules.takeDue(1));
    return (await taking)[0];
  };
  const runner = async (): Promise<void> => {
    while (!signal.aborted) {
      const tenant = await take();
      if (tenant === undefined) return;
      await rotate(ports, tenant, signal);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runner));
  return true;
}

async function rotate(ports: ScheduledRotationsPorts, tenant: TenantId, signal: AbortSignal): Promise<void> {
  const { schedules, tenantKeys, sagas, journal, clock, logger } = ports;
  try {
    const id = await tenantKeys.begin(tenant);
    const outcome = await ended(sagas, id, signal);
    if (outcome.status === 'failed') throw outcome.error;
  } catch (error) {
    logger.warn({ err: error, tenant }, 'a scheduled key rotation failed');
    const failed = {
      tenant,
      kind: 'change',
      action: 'key.rotate',
      outcome: 'failed',
      actor: { type: 'platform', id: 'api' },
      target: 'keys',
      reason: 'scheduled',
    } as const;
    // The next attempt tells of its own failure.
    await Promise.all([journal.add(auditRecord(failed, clock.now())), schedules.failed(tenant)]).catch(
      (fault: unknown) => logger.warn({ err: fault, tenant }, 'a failed key rotation could not be recorded'),
    );
  }
}

/** In short waits, so that a process that stops need not wait for it. */
async function ended(sagas: Pick<Sagas, 'outcome'>, id: string, signal: AbortSignal): Promise<SagaOutcome> {
  for (;;) {
    const outcome = await sagas.outcome(id, askEveryMs);
    if (outcome.status !== 'running' || signal.aborted) return outcome;
  }
}
