import { DBOS, type GetWorkflowsInput } from '@dbos-inc/dbos-sdk';

const atOnce = 500;

/** Removes what is stored of these workflows. The library must be launched. */
export async function removeWorkflows(which: GetWorkflowsInput): Promise<void> {
  for (;;) {
    const found = await DBOS.listWorkflows({ ...which, limit: atOnce, loadInput: false, loadOutput: false });
    if (found.length > 0) await DBOS.deleteWorkflows(found.map(({ workflowID }) => workflowID));
    if (found.length < atOnce) return;
  }
}

/** Removes those that are over, by the beginning of their ids; for the steps of a saga. What is running stays. */
export const forgetWorkflows = (idPrefix: string): Promise<void> =>
  removeWorkflows({
    workflow_id_prefix: idPrefix,
    status: ['SUCCESS', 'ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'],
  });
