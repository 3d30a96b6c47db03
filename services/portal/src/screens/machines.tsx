import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { machinesQuery } from '../api/queries.ts';
import type { Machine } from '../api/types.ts';
import { Page } from '../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Status } from '../parts/status.tsx';
import { done, failed } from '../parts/toast.ts';

/** What runs of a tenant, in the words of this page. */
export const partNames: Readonly<Record<Machine['parts'][number]['part'], string>> = {
  supervisor: 'Bots',
  'discord-edge': 'Sessions',
  audio: 'Music',
};

/** The machines of the platform, which operators drain before they work on them. */
export function Machines() {
  const { data, error, refetch } = useQuery({ ...machinesQuery, refetchInterval: 5_000 });
  return (
    <Page
      title="Machines"
      text="Where bots, their Discord sessions and their music run. Drain a machine before maintenance: its bots move while they play."
    >
      {error && !data ? (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      ) : !data ? (
        <RowsSkeleton />
      ) : (
        <div className="card rows">
          {data.items.map((machine) => (
            <MachineRow key={machine.machine} value={machine} />
          ))}
          {data.items.length === 0 && <p className="row row-text">No machine has registered itself.</p>}
        </div>
      )}
    </Page>
  );
}

function MachineRow({ value }: { value: Machine }) {
  const client = useQueryClient();
  const { machine, draining, parts } = value;
  const isEmpty = parts.every(({ tenants }) => tenants === 0);
  const drain = useMutation({
    mutationFn: () =>
      api.PUT('/v1/operator/machines/{machine}/draining', {
        params: { path: { machine } },
        body: { draining: !draining },
      }),
    onSuccess: () => done(draining ? `${machine} gets bots again` : `The bots of ${machine} move to other machines`),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: machinesQuery.queryKey }),
  });
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">{machine}</span>
        <span className="row-text">
          {parts.length === 0
            ? 'Nothing runs here'
            : parts.map(({ part, tenants }) => `${partNames[part]}: ${tenants}`).join(' · ')}
        </span>
      </span>
      <span className="row-end">
        {!draining ? (
          <Status tone="good">In use</Status>
        ) : isEmpty ? (
          <Status tone="good">Drained</Status>
        ) : (
          <Status tone="warn">Draining</Status>
        )}
        <Button
          variant="default"
          size="xs"
          loading={drain.isPending}
          onClick={() => drain.mutate()}
          aria-label={`${draining ? 'Resume' : 'Drain'} ${machine}`}
        >
          {draining ? 'Resume' : 'Drain'}
        </Button>
      </span>
    </div>
  );
}
