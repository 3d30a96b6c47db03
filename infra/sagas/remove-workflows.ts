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
