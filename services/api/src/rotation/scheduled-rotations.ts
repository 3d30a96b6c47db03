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
const atOnce = 4;
const askEveryMs = 2_000;

export interface ScheduledRotationsPorts {
  /** Connection string of the database in which the one that runs a pass holds a lock; a secret. */
  readonly url: string;
  readonly schedules: Pick<KeySchedules, 'takeDue'>;
  readonly tenantKeys: Pick<TenantKeys, 'begin'>;
  readonly sagas: Pick<Sagas, 'launched' | 'outcome'>;
  readonly journal: Pick<BatchJournal, 'add'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Rotates keys when they are due: about once an hour, by one process at a time, four tenants at once. What it has begun
 * ends even if this process does not. A failure is in the tenant's audit log.
 */
export function startScheduledRotations(ports: ScheduledRotationsPorts): AsyncDisposable {
  const { sagas, clock, logger } = ports;
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  void sagas.launched.then(async () => {
    await pause(Math.random() * firstWithinMs, clock, stopping.signal);
    while (!stopping.signal.aborted) {
      running = rotateWhatIsDue(ports, stopping.signal).catch((error: unknown) =>
        logger.warn({ err: error }, 'keys that are due could not be rotated'),
      );
      await running;
      await pause(hourMs * (0.75 + Math.random() / 2), clock, stopping.signal);
    }
  });
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

/** One pass; does nothing while another process is in one. */
export async function rotateWhatIsDue(ports: ScheduledRotationsPorts, stopping: AbortSignal): Promise<void> {
  await using leadership = await tryToLead(ports.url, 'scheduled key rotations');
  if (!leadership) return;
  const signal = AbortSignal.any([stopping, leadership.lost]);
  while (!signal.aborted) {
    const tenants = await ports.schedules.takeDue(atOnce);
    if (tenants.length === 0) return;
    await Promise.all(tenants.map((tenant) => rotate(ports, tenant, signal)));
  }
}

async function rotate(ports: ScheduledRotationsPorts, tenant: TenantId, signal: AbortSignal): Promise<void> {
  const { tenantKeys, sagas, journal, clock, logger } = ports;
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
    await journal
      .add(auditRecord(failed, clock.now()))
      .catch((fault: unknown) => logger.warn({ err: fault, tenant }, 'a failed key rotation could not be recorded'));
  }
}

/** In short waits, so that a process that stops need not wait for it. */
async function ended(sagas: Pick<Sagas, 'outcome'>, id: string, signal: AbortSignal): Promise<SagaOutcome> {
  for (;;) {
    const outcome = await sagas.outcome(id, askEveryMs);
    if (outcome.status !== 'running' || signal.aborted) return outcome;
  }
}
