import { Button } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { workflowsQuery } from '../api/queries.ts';
import type { Workflow } from '../api/types.ts';
import { Page } from '../parts/page.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { Ago } from '../parts/time.tsx';
import { done, failed } from '../parts/toast.ts';

const titles: Readonly<Record<string, string>> = {
  offboarding: 'Deletion of a tenant',
  'key-rotation': 'Rotation of keys',
};

const states: Readonly<Record<Workflow['status'], readonly [tone: Tone, name: string]>> = {
  running: ['accent', 'Running'],
  done: ['good', 'Done'],
  failed: ['bad', 'Failed'],
};

/** Work in several steps that the platform carries out by itself; failed ones can be retried. */
export function Workflows() {
  const { data, error, refetch } = useQuery({ ...workflowsQuery, refetchInterval: 5_000 });
  return (
    <Page
      title="Workflows"
      text="Work in several steps. Each continues by itself after a fault or a restart; one that fails for half an hour waits for you."
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
            text="Deletions of tenants and rotations of keys are listed here."
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
  const client = useQueryClient();
  const { id, workflow, status, tenant, startedAt, completed, failure } = value;
  const [tone, name] = states[status];
  const retry = useMutation({
    mutationFn: () => api.POST('/v1/operator/workflows/{workflow}/retry', { params: { path: { workflow: id } } }),
    onSuccess: () => done('The workflow is repeated'),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: workflowsQuery.queryKey }),
  });
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">{titles[workflow] ?? workflow}</span>
        {tenant !== null && <span className="row-text mono anywhere">{tenant}</span>}
        <span className="row-text">
          Started <Ago at={startedAt} />
          {completed.length > 0 && ` · complete: ${completed.join(', ')}`}
        </span>
        {failure && <span className="row-text">{failure.message}</span>}
      </span>
      <span className="row-end">
        <Status tone={tone}>{name}</Status>
        {status === 'failed' && (
          <Button variant="default" size="xs" loading={retry.isPending} onClick={() => retry.mutate()}>
            Retry
          </Button>
        )}
      </span>
    </div>
  );
}
