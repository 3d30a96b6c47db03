import { Button, Modal, PasswordInput, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { lavalinkNodesQuery } from '../api/queries.ts';
import type { LavalinkNode } from '../api/types.ts';
import { Confirm } from '../parts/confirm.tsx';
import { DialogForm } from '../parts/dialog-form.tsx';
import { Page } from '../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Status } from '../parts/status.tsx';
import { done, failed } from '../parts/toast.ts';

/** The Lavalink nodes, which operators add, drain and remove while music plays. */
export function Nodes() {
  const { data, error, refetch } = useQuery({ ...lavalinkNodesQuery, refetchInterval: 5_000 });
  const [adding, { open, close }] = useDisclosure(false);
  return (
    <Page
      title="Lavalink nodes"
      text="The servers that play the music. A new player goes to the node with the least to do, near its voice server."
      actions={
        <Button onClick={open} leftSection={<IconPlus size={18} aria-hidden />}>
          Add node
        </Button>
      }
    >
      {error && !data ? (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      ) : !data ? (
        <RowsSkeleton />
      ) : (
        <div className="card rows">
          {data.items.map((node) => (
            <NodeRow key={node.id} node={node} />
          ))}
        </div>
      )}
      {adding && <AddDialog close={close} />}
    </Page>
  );
}

function NodeRow({ node }: { node: LavalinkNode }) {
  const client = useQueryClient();
  const [removing, { open, close }] = useDisclosure(false);
  const { id, url, regions, draining, inSettings, players, version } = node;
  const params = { path: { node: id }, header: { 'if-match': `"${version}"` } };
  const onSettled = () => client.invalidateQueries({ queryKey: lavalinkNodesQuery.queryKey });
  const drain = useMutation({
    mutationFn: () => api.PUT('/v1/operator/nodes/{node}/draining', { params, body: { draining: !draining } }),
    onSuccess: () => done(draining ? `${id} gets players again` : `The music of ${id} moves to other nodes`),
    onError: failed,
    onSettled,
  });
  const remove = useMutation({
    mutationFn: () => api.DELETE('/v1/operator/nodes/{node}', { params }),
    onSuccess: () => {
      close();
      done(`${id} is removed`);
    },
    onError: failed,
    onSettled,
  });
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">
          <span>{id}</span> {inSettings && <span className="tag">In the settings file</span>}
        </span>
        {url !== null && <span className="row-text mono">{url}</span>}
        <span className="row-text">
          {players === null ? 'Players: unknown' : `Players: ${players}`}
          {regions.length > 0 && ` · near ${regions.join(', ')}`}
        </span>
      </span>
      <span className="row-end">
        <NodeStatus draining={draining} players={players} />
        <Button
          variant="default"
          size="xs"
          loading={drain.isPending}
          onClick={() => drain.mutate()}
          aria-label={`${draining ? 'Resume' : 'Drain'} ${id}`}
        >
          {draining ? 'Resume' : 'Drain'}
        </Button>
        {draining && !inSettings && (
          <Button variant="default" size="xs" onClick={open} aria-label={`Remove ${id}`}>
            Remove
          </Button>
        )}
      </span>
      <Confirm
        opened={removing}
        close={close}
        title={`Remove ${id}?`}
        text={
          players === 0
            ? 'It has no players. Its password is deleted here.'
            : 'Music that it still has stops for some seconds, and continues at another node. Its password is deleted here.'
        }
        action="Remove"
        run={() => remove.mutate()}
        running={remove.isPending}
      />
    </div>
  );
}

function NodeStatus({ draining, players }: Pick<LavalinkNode, 'draining' | 'players'>) {
  if (!draining) return <Status tone="good">In use</Status>;
  return players === 0 ? <Status tone="good">Drained</Status> : <Status tone="warn">Draining</Status>;
}

function AddDialog({ close }: { close: () => void }) {
  const client = useQueryClient();
  const [id, setId] = useState('');
  const [url, setUrl] = useState('');
  const [password, setPassword] = useState('');
  const [regions, setRegions] = useState('');
  const [trustPem, setTrustPem] = useState('');
  const add = useMutation({
    mutationFn: () =>
      api.POST('/v1/operator/nodes', {
        body: {
          id: id.trim(),
          url: url.trim(),
          password,
          regions: regions.split(/[\s,]+/).filter((region) => region !== ''),
          ...(trustPem.trim() === '' ? {} : { trustPem: trustPem.trim() }),
        },
      }),
    onSuccess: () => {
      close();
      done(`${id.trim()} gets players from now on`);
    },
    onSettled: () => client.invalidateQueries({ queryKey: lavalinkNodesQuery.queryKey }),
  });
  return (
    <Modal opened onClose={close} title="Add node">
      <DialogForm submit="Add node" send={() => add.mutate()} sending={add.isPending} error={add.error} cancel={close}>
        <TextInput
          label="ID"
          description="Letters, digits and dashes. It cannot be changed later."
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
          required
          withAsterisk={false}
          data-autofocus
          autoComplete="off"
        />
        <TextInput
          label="Address"
          description="Of a Lavalink 4 server. It must use https, unless the server is on the platform's own machine."
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          required
          withAsterisk={false}
          autoComplete="off"
        />
        <PasswordInput
          label="Password"
          description="Only gateway-proxy can read it again."
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required
          withAsterisk={false}
          autoComplete="off"
        />
        <TextInput
          label="Voice regions (optional)"
          description="Discord's voice regions near the node, such as rotterdam or us-east."
          value={regions}
          onChange={(event) => setRegions(event.currentTarget.value)}
          autoComplete="off"
        />
        <Textarea
          label="Certificate authority (optional)"
          description="In PEM, if the node's certificate is not signed by a public authority."
          value={trustPem}
          onChange={(event) => setTrustPem(event.currentTarget.value)}
          autosize
          minRows={2}
          maxRows={6}
        />
      </DialogForm>
    </Modal>
  );
}
