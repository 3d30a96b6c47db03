import { Button, Modal, Select } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { machinesQuery, placementQuery } from '../api/queries.ts';
import type { HostedTenant } from '../api/types.ts';
import { DialogForm } from '../parts/dialog-form.tsx';
import { isolated } from '../parts/names.ts';
import { ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { done, failed } from '../parts/toast.ts';
import { partNames } from './machines.tsx';

/** For operators: on which machines a bot, its session and its music run, and moving them to another one. */
export function PlacementDialog({ tenant, close }: { tenant: HostedTenant; close: () => void }) {
  const client = useQueryClient();
  const placement = useQuery({ ...placementQuery(tenant.id), refetchInterval: 1_000 });
  const machines = useQuery(machinesQuery);
  const [machine, setMachine] = useState<string | null>(null);
  const params = { path: { hosted: tenant.id } };
  const onSettled = () => client.invalidateQueries({ queryKey: placementQuery(tenant.id).queryKey });
  const move = useMutation({
    mutationFn: () => api.POST('/v1/operator/tenants/{hosted}/move', { params, body: { machine: machine ?? '' } }),
    onSuccess: () => done(`${isolated(tenant.name)} moves to ${machine}`),
    onSettled,
  });
  const release = useMutation({
    mutationFn: () => api.DELETE('/v1/operator/tenants/{hosted}/placement', { params }),
    onSuccess: () => done(`${isolated(tenant.name)} may run on any machine`),
    onError: failed,
    onSettled,
  });
  const { data, error, refetch } = placement;
  const movingTo = data?.movingTo ?? null;
  const isPinned = data?.parts.some(({ pinnedTo }) => pinnedTo !== null) === true;
  return (
    <Modal opened onClose={close} title={`Where ${isolated(tenant.name)} runs`}>
      {error && !data ? (
        <ErrorState error={error} retry={() => void refetch()} />
      ) : !data ? (
        <RowsSkeleton />
      ) : (
        <div className="rows">
          {data.parts.map(({ part, machine: at }) => (
            <div className="row" key={part}>
              <span className="row-words">{partNames[part]}</span>
              <span className="row-end mono">{at ?? 'Nowhere'}</span>
            </div>
          ))}
          <p className="row row-text">
            {movingTo !== null
              ? `Moving to ${movingTo}. If a part is not ready there, everything goes back.`
              : isPinned
                ? 'It was moved here by an operator, and stays until it is moved again or released.'
                : 'The platform decides where it runs.'}
          </p>
          {isPinned && movingTo === null && (
            <div className="row">
              <Button variant="default" size="xs" loading={release.isPending} onClick={() => release.mutate()}>
                Release
              </Button>
            </div>
          )}
        </div>
      )}
      <DialogForm
        submit="Move"
        send={() => move.mutate()}
        sending={move.isPending}
        error={move.error}
        cancel={close}
        valid={machine !== null && movingTo === null}
      >
        <Select
          label="Move to"
          description="The bot restarts, its session and its music continue. What members type meanwhile is answered."
          placeholder="Choose a machine"
          data={machines.data?.items.filter(({ draining }) => !draining).map((each) => each.machine) ?? []}
          value={machine}
          onChange={setMachine}
        />
      </DialogForm>
    </Modal>
  );
}
