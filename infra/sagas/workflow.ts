import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { compensationOf } from './compensations.ts';
import { failureOf, type SagaFailure } from './failures.ts';
import type { Saga, SagaInput, SagaStep } from './saga.ts';
import { isCancelled, type Attempts, type Underway } from './underway.ts';
import { isUnstored, type Upkeep } from './upkeep.ts';

/** Before the name of a step that is taken back. */
const undoing = 'undo ';
/** Before the name of a step that waits for a person, where its end is stored. */
const until = 'until ';
/** The name under which passing on a failure is stored. */
const telling = 'tell of the failure';

/** Whether a stored step takes another one back. */
export const isUndo = (name: string): boolean => name.startsWith(undoing);
/** Whether a stored step is one of the saga's, or takes one back. */
export const isStep = (name: string): boolean => !name.startsWith(until) && name !== telling;
/** The stored step that belongs in front of this one, if there is one. */
export const endOf = (step: string): string => until + step;

/** After a process has died this often with the same workflow, it is not resumed any more. */
const mostResumptions = 100;

export type Workflow = (input: SagaInput) => Promise<string>;

export interface Workflows {
  readonly run: Workflow;
  /** Takes back all steps of one that failed or was stopped, in reverse order. */
  readonly compensate: Workflow;
}

interface WorkflowPorts {
  readonly attempts: Attempts;
  readonly underway: Underway;
  readonly upkeep: Upkeep;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function registerWorkflows(saga: Saga<SagaInput>, ports: WorkflowPorts): Workflows {
  const { underway, upkeep, clock, logger } = ports;
  const taking = stepsOf(saga, ports);
  const takeBack = async (steps: readonly SagaStep<SagaInput>[], input: SagaInput): Promise<void> => {
    for (const step of steps.toReversed()) if (step.undo) await taking.undo(step, input);
  };
  const fail = async (failure: SagaFailure, completed: readonly SagaStep<SagaInput>[], input: SagaInput) => {
    try {
      if (saga.compensates !== 'on-request') await takeBack(completed, input);
      if (saga.failed) await taking.tell(input, failure);
    } catch (error) {
      if (isUnstored(error) || isCancelled(error)) throw error;
      logger.error({ err: error, saga: saga.name }, 'what a failed workflow left could not be dealt with');
    }
  };
  const body = async (input: SagaInput): Promise<string> => {
    const completed: SagaStep<SagaInput>[] = [];
    for (const step of saga.steps) {
      try {
        if ((await taking.run(step, input)) === 'over') break;
      } catch (error) {
        if (isUnstored(error) || isCancelled(error)) throw error;
        const failure = failureOf(error);
        await fail(failure, completed, input);
        throw failure;
      }
      completed.push(step);
    }
    return 'done';
  };
  const compensation = async (input: SagaInput): Promise<string> => {
    try {
      await takeBack(saga.steps, input);
    } catch (error) {
      throw isUnstored(error) || isCancelled(error) ? error : failureOf(error);
    }
    return 'done';
  };
  const registered = (name: string, of: Workflow): Workflow =>
    DBOS.registerWorkflow(
      (input: SagaInput) => {
        const id = DBOS.workflowID ?? '';
        return upkeep.during(id, () => underway.during(id, () => of(input)));
      },
      { name, maxRecoveryAttempts: mostResumptions },
    );
  return { run: registered(saga.name, body), compensate: registered(compensationOf(saga.name), compensation) };

  /** The stored steps of which the workflows consist. */
  function stepsOf(saga: Saga<SagaInput>, { attempts }: WorkflowPorts) {
    const attempt = <Result>(
      step: string,
      how: Attempts,
      work: (signal: AbortSignal, attempt: number) => Promise<Result>,
      repeats?: (error: unknown, attempt: number) => boolean,
    ): Promise<Result> => {
      const id = DBOS.workflowID ?? '';
      return DBOS.runStep(() => underway.attempt({ id, step, attempts: how, work, ...(repeats ? { repeats } : {}) }), {
        name: step,
      });
    };
    const howFor = ({ timeoutMs, limit, withinMs = 0 }: SagaStep<SagaInput>): Attempts => ({
      ...attempts,
      timeoutMs: timeoutMs ?? attempts.timeoutMs + withinMs,
      limit: limit ?? attempts.limit,
    });
    return {
      async run(step: SagaStep<SagaInput>, input: SagaInput): Promise<string> {
        const { name, withinMs } = step;
        const endsAtMs =
          withinMs === undefined
            ? Number.POSITIVE_INFINITY
            : await DBOS.runStep(async () => clock.now() + withinMs, { name: endOf(name) });
        return attempt(
          name,
          howFor(step),
          async (signal, number) => (await step.run(input, signal, { number, endsAtMs })) ?? 'done',
          (error, number) => step.repeats?.(error, { number, endsAtMs }, input) ?? true,
        );
      },
      undo: (step: SagaStep<SagaInput>, input: SagaInput): Promise<string> =>
        attempt(undoing + step.name, attempts, async (signal) => {
          await step.undo?.(input, signal);
          return 'done';
        }),
      tell: (input: SagaInput, failure: SagaFailure): Promise<string> =>
        attempt(telling, attempts, async () => {
          await saga.failed?.(input, failure);
          return 'done';
        }),
    };
  }
}
