import type { DBOS } from '@dbos-inc/dbos-sdk';
import type pg from 'pg';
import { failureOf, plain, SagaFailure } from './failures.ts';
import type { Failure, SagaInput, SagaState, SagaStatus } from './saga.ts';
import { workflowSchema } from './schema.ts';
import type { Progress } from './underway.ts';
import { isStep, isUndo } from './workflow.ts';

/** The library's statuses that each of ours stands for. */
export const libraryStatuses = {
  running: ['PENDING', 'ENQUEUED', 'DELAYED'],
  done: ['SUCCESS'],
  failed: ['ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'],
} as const satisfies Record<SagaStatus, readonly string[]>;

export const statusOf = (status: string): SagaStatus => {
  if (status === 'SUCCESS') return 'done';
  return (libraryStatuses.failed as readonly string[]).includes(status) ? 'failed' : 'running';
};

/** A workflow as the library describes it. */
export type Found = NonNullable<Awaited<ReturnType<typeof DBOS.getWorkflowStatus>>>;

export interface StoredSteps {
  readonly completed: readonly string[];
  readonly failed?: string;
  /** When the last one ended. */
  readonly endedAtMs: number;
}

/** What is stored of the steps of each. The library reads the steps of one workflow at a time. */
export async function storedSteps(pool: pg.Pool, of: readonly Found[]): Promise<ReadonlyMap<string, StoredSteps>> {
  const { rows } = await pool.query<{ id: string; name: string; failed: boolean; ended: string | null }>(
    `select workflow_uuid as id, function_name as name, error is not null as failed, completed_at_epoch_ms as ended
       from ${workflowSchema}.operation_outputs where workflow_uuid = any($1) order by workflow_uuid, function_id`,
    [of.map(({ workflowID }) => workflowID)],
  );
  const found = new Map<string, StoredSteps>();
  for (const { id, name, failed, ended } of rows) {
    const { completed = [], ...before } = found.get(id) ?? {};
    const isOwn = isStep(name) && !isUndo(name);
    found.set(id, {
      ...before,
      completed: failed || !isStep(name) ? completed : [...completed, name],
      ...(failed && isOwn ? { failed: name } : {}),
      endedAtMs: Number(ended ?? 0),
    });
  }
  return found;
}

/** What there is to know of a saga beside what is stored of its workflow. */
export interface Facts {
  /** The names of the saga's steps, in order; none if this release does not know it. */
  readonly steps: readonly string[];
  readonly stored: StoredSteps | undefined;
  readonly progress: Progress | undefined;
  readonly compensable: boolean;
  readonly compensation: Found | undefined;
}

export function stateOf(found: Found, facts: Facts): SagaState {
  const status = statusOf(found.status);
  const { stored, compensation, compensable } = facts;
  const step = stepOf(found, status, facts);
  return {
    id: found.workflowID,
    saga: found.workflowName,
    status,
    input: (found.input?.[0] ?? {}) as SagaInput,
    startedAtMs: found.createdAt,
    updatedAtMs: found.updatedAt ?? found.createdAt,
    completed: stored?.completed ?? [],
    compensable: compensable && status !== 'done',
    ...(step ? { step } : {}),
    ...(status === 'failed' ? { failure: plain(failureIn(found)) } : {}),
    ...(compensation ? { compensation: compensationIn(compensation) } : {}),
  };
}

function stepOf(found: Found, status: SagaStatus, { steps, stored, progress }: Facts): SagaState['step'] {
  if (status === 'done') return undefined;
  if (status === 'running' && progress) {
    const { step: name, ...rest } = progress;
    return { name, ...rest };
  }
  const name = stored?.failed ?? steps.find((each) => !stored?.completed.includes(each));
  if (name === undefined) return undefined;
  // A failed step begins to stand still when it fails.
  const sinceMs = status === 'failed' ? (found.updatedAt ?? found.createdAt) : (stored?.endedAtMs ?? found.createdAt);
  return { name, sinceMs };
}

function compensationIn(found: Found): NonNullable<SagaState['compensation']> {
  const status = statusOf(found.status);
  return { status, ...(status === 'failed' ? { failure: plain(failureIn(found)) } : {}) };
}

/** Why it failed. */
export const failureIn = ({ status, error }: Found): Failure =>
  status === 'CANCELLED'
    ? new SagaFailure('saga.stopped', 'It was stopped by an operator, in order to be compensated.')
    : failureOf(error);
