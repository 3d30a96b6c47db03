import { DBOS } from '@dbos-inc/dbos-sdk';
import { callerFault } from '#infra/kernel/errors.ts';
import { compensationOf } from './compensations.ts';
import { endOf, isUndo } from './workflow.ts';

/** Repeats a failed one, unless it was compensated: what is there now is not what it was begun for. */
export async function again(id: string): Promise<void> {
  if (await DBOS.getWorkflowStatus(compensationOf(id))) throw compensated();
  await rewind(id);
}

async function rewind(id: string): Promise<void> {
  const steps = (await DBOS.listWorkflowSteps(id)) ?? [];
  const failed = steps.find(({ error }) => error !== null);
  // A step that waits for a person is given its whole time again.
  const first = failed && (steps.find(({ name }) => name === endOf(failed.name)) ?? failed);
  // What was taken back has to be done again.
  const isUndone = steps.some(({ name }) => isUndo(name));
  await DBOS.rewindWorkflow(id, { startStep: isUndone ? 0 : (first?.functionID ?? 0) });
}

/** Goes on with a compensation that failed, at the step that could not be taken back. */
export async function rewindCompensation(id: string): Promise<void> {
  const steps = (await DBOS.listWorkflowSteps(id)) ?? [];
  const failed = steps.find(({ error }) => error !== null);
  await DBOS.rewindWorkflow(id, { startStep: failed?.functionID ?? 0 });
}

export const compensated = () =>
  callerFault('saga.compensated', 'This workflow was compensated. Begin what it was for again.', 409);
