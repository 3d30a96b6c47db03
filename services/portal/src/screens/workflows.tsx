import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconListCheck } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { workflowsQuery } from '../api/queries.ts';
import type { Workflow } from '../api/types.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Page } from '../parts/page.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { Ago } from '../parts/time.tsx';
import { done, failed } from '../parts/toast.ts';

const titles: Readonly<Record<string, string>> = {
  offboarding: 'Deletion of a tenant',
  'key-rotation': 'Rotation of keys',
  'key-move': 'Move of the keys',
  onboarding: 'Onboarding of a bot',
};

const states: Readonly<Record<Workflow['status'], readonly [tone: Tone, name: string]>> = {
  running: ['accent', 'Running'],
  done: ['good', 'Done'],
  failed: ['bad', 'Failed'],
};

/** Work in several steps that the platform carries out by itself; operators retry it, or have it taken back. */
export function Workflows() {
  const { data, error, refetch } = useQuery({ ...workflowsQuery, refetchInterval: 5_000 });
  return (
    <Page
      title="Workflows"
      text="Work in several steps. Each continues by itself after a fault or a restart; one that has failed waits for you, or, if it is an onboarding, for the owner of the bot."
    >
      {error && !data ? (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      ) : !data ? (
        <RowsSkeleton height={72} />
      ) : data.items.length === 0 ? (
        <div className="card">
          <EmptyState
            icon={<IconListCheck />}
            title="No workflows yet"
            text="Onboardings, deletions of tenants and rotations of keys are listed here."
          />
        </div>
      ) : (
        <div className="card rows">
          {data.items.map((workflow) => (
            <WorkflowRow key={workflow.id} value={workflow} />
          ))}
        </div>
      )}
    </Page>
  );
}

function WorkflowRow({ value }: { value: Workflow }) {
  const { workflow, status, tenant, startedAt, completed, failure, compensation } = value;
  const [tone, name] = statusOf(value);
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">{titles[workflow] ?? workflow}</span>
        {tenant !== null && <span className="row-text mono anywhere">{tenant}</span>}
        <span className="row-text">
          Started <Ago at={startedAt} />
          {completed.length > 0 && ` · complete: ${completed.join(', ')}`}
        </span>
        <Step status={status} step={value.step} />
        {failure && <span className="row-text">{failure.message}</span>}
        {compensation?.failure && <span className="row-text">Not taken back: {compensation.failure.message}</span>}
      </span>
      <span className="row-end">
        <Status tone={tone}>{name}</Status>
        <Actions value={value} />
      </span>
    </div>
  );
}

function statusOf({ status, compensation }: Workflow): readonly [tone: Tone, name: string] {
  if (compensation?.status === 'running') return ['accent', 'Being taken back'];
  if (compensation?.status === 'done') return ['quiet', 'Taken back'];
  return states[status];
}

/** Where it stands, since when, and why the last attempt failed. */
function Step({ status, step }: Pick<Workflow, 'status' | 'step'>) {
  if (!step) return null;
  return (
    <>
      <span className="row-text">
        {status === 'failed' ? 'Failed at' : 'At'}: {step.name} · <Ago at={step.since} />
        {step.attempt !== null && step.attempt > 1 && ` · attempt ${step.attempt}`}
      </span>
      {step.failure && <span className="row-text">Last attempt: {step.failure.message}</span>}
    </>
  );
}

function Actions({ value }: { value: Workflow }) {
  const { id, status, step, compensable, compensation } = value;
  const [asking, { open, close }] = useDisclosure(false);
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (verb: 'retry' | 'compensate') =>
      api.POST(`/v1/operator/workflows/{workflow}/${verb}`, { params: { path: { workflow: id } } }),
    onSuccess: (_answer, verb) => done(verb === 'retry' ? 'The workflow is repeated' : 'The workflow is taken back'),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: workflowsQuery.queryKey }),
  });
  if (compensation && compensation.status !== 'failed') return null;
  // One whose attempts fail waits longer each time.
  const isRetried = !compensation && (status === 'failed' || (status === 'running' && step?.failure));
  return (
    <>
      {isRetried && (
        <Button variant="default" size="xs" loading={change.isPending} onClick={() => change.mutate('retry')}>
          {status === 'failed' ? 'Retry' : 'Retry now'}
        </Button>
      )}
      {compensable && (
        <Button variant="default" size="xs" onClick={open}>
          Take back
        </Button>
      )}
      <Confirm
        opened={asking}
        close={close}
        title="Take this workflow back?"
        text="It stops, and what it did is undone step by step. The bot of an onboarding stops and loses its identity, its token is removed, and its tenant is as it was before."
        action="Take back"
        run={() => change.mutate('compensate', { onSettled: close })}
        running={change.isPending}
      />
    </>
  );
}
