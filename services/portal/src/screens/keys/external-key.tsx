import { Button, Modal, PasswordInput, Text, Textarea, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { externalKeyQuery, keysQuery } from '../../api/queries.ts';
import type { ExternalKey as State } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { DialogForm } from '../../parts/dialog-form.tsx';
import { Section } from '../../parts/page.tsx';
import { RoleNeeded } from '../../parts/role-needed.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { done, failed } from '../../parts/toast.ts';

const path = '/v1/tenants/{tenant}/keys/external';
/** It may stop working, or work again, at any time. */
const followEveryMs = 5_000;

const states = {
  none: ['quiet', 'Not used'],
  changing: ['accent', 'Re-encrypting'],
  failed: ['bad', 'Change failed'],
  'in-use': ['good', 'In use'],
  unavailable: ['bad', 'Unavailable'],
} as const satisfies Record<State['state'], readonly [Tone, string]>;

/** Names the version that is replaced, unless there is none. */
const matching = ({ state, version }: State) => (state === 'none' ? {} : { 'if-match': `"${version}"` });

/** A key in the tenant's own Vault, without which nothing that is stored can be opened. */
export function ExternalKey() {
  const { tenant, can } = useTenant();
  const { data, error, refetch } = useQuery({ ...externalKeyQuery(tenant), refetchInterval: followEveryMs });
  return (
    <Section
      title="Your own key"
      text="A key in your own Vault or OpenBao. The token of your bot and your members' playlists then open only with your key and ours together; if you take yours away, the bot stops."
      actions={data && can('key.external') && (data.state === 'failed' ? <FailedActions /> : <Actions value={data} />)}
    >
      {error && !data ? (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      ) : !data ? (
        <RowsSkeleton rows={1} height={72} />
      ) : (
        <div className="card rows">
          <div className="row wrap">
            <span className="row-words">
              <span className="row-title">
                {data.key ? (
                  <bdi>
                    {data.key.key} at {new URL(data.key.url).host}
                  </bdi>
                ) : (
                  'No key of your own'
                )}
              </span>
              <span className="row-text">
                {data.sentence}
                {data.since && (
                  <>
                    {' '}
                    Since <Ago at={data.since} />.
                  </>
                )}
              </span>
            </span>
            <Status tone={states[data.state][0]}>{states[data.state][1]}</Status>
          </div>
        </div>
      )}
      <RoleNeeded action="key.external" to="set or remove it" />
    </Section>
  );
}

function useRefresh() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  return () =>
    Promise.all(
      [externalKeyQuery(tenant), keysQuery(tenant)].map(({ queryKey }) => client.invalidateQueries({ queryKey })),
    );
}

function Actions({ value }: { value: State }) {
  const { tenant } = useTenant();
  const refresh = useRefresh();
  const [setting, { open, close }] = useDisclosure(false);
  const [removing, { open: ask, close: leave }] = useDisclosure(false);
  const remove = useMutation({
    mutationFn: () => api.DELETE(path, { params: { path: { tenant }, header: matching(value) } }),
    onSuccess: ({ response }) => {
      if (response.status === 200) done('Your own key is no longer used');
    },
    onError: failed,
    onSettled: refresh,
  });
  return (
    <>
      {value.state !== 'none' && (
        <Button variant="default" onClick={ask}>
          Remove
        </Button>
      )}
      <Button variant="default" onClick={open}>
        {value.state === 'none' ? 'Use your own key' : 'Replace'}
      </Button>
      <SetKey opened={setting} close={close} value={value} />
      <Confirm
        opened={removing}
        close={leave}
        title="Remove your own key?"
        text="Everything is re-encrypted with the platform's keys alone, for which your key has to work once more. Your bot keeps playing."
        action="Remove"
        run={() => remove.mutate(undefined, { onSettled: leave })}
        running={remove.isPending}
      />
    </>
  );
}

/** A change that was given up is continued, or taken back. */
function FailedActions() {
  const { tenant } = useTenant();
  const refresh = useRefresh();
  const at = { params: { path: { tenant } } };
  const retry = useMutation({
    mutationFn: () => api.POST(`${path}/retry`, at),
    onError: failed,
    onSettled: refresh,
  });
  const abandon = useMutation({
    mutationFn: () => api.POST(`${path}/abandon`, at),
    onSuccess: ({ response }) => {
      if (response.status === 200) done('The change was undone');
    },
    onError: failed,
    onSettled: refresh,
  });
  return (
    <>
      <Button variant="default" onClick={() => abandon.mutate()} loading={abandon.isPending} disabled={retry.isPending}>
        Go back
      </Button>
      <Button onClick={() => retry.mutate()} loading={retry.isPending} disabled={abandon.isPending}>
        Try again
      </Button>
    </>
  );
}

const empty = { url: '', mount: 'transit', key: '', authMount: 'approle', namespace: '', roleId: '', secretId: '' };
type Fields = typeof empty;

const fields = [
  { name: 'url', label: 'Address', placeholder: 'https://vault.example.com' },
  { name: 'key', label: 'Transit key', placeholder: 'bailiwick' },
  { name: 'roleId', label: 'Role ID', placeholder: '' },
  { name: 'mount', label: 'Path of the transit engine', placeholder: 'transit' },
  { name: 'authMount', label: 'Path of the AppRole sign-in', placeholder: 'approle' },
] as const satisfies readonly { name: keyof Fields; label: string; placeholder: string }[];

function SetKey({ opened, close, value }: { opened: boolean; close: () => void; value: State }) {
  const { tenant } = useTenant();
  const refresh = useRefresh();
  const [given, setGiven] = useState<Fields>(empty);
  const [trustPem, setTrustPem] = useState('');
  const set = useMutation({
    mutationFn: () => {
      const { namespace, ...rest } = given;
      const body = {
        ...rest,
        ...(namespace.trim() === '' ? {} : { namespace: namespace.trim() }),
        ...(trustPem.trim() === '' ? {} : { trustPem: trustPem.trim() }),
      };
      return api.PUT(path, { params: { path: { tenant }, header: matching(value) }, body });
    },
    onSuccess: ({ response }) => {
      leave();
      if (response.status === 200) done('Your own key is in use');
    },
    onSettled: refresh,
  });
  const leave = () => {
    close();
    set.reset();
    setGiven(empty);
    setTrustPem('');
  };
  const change = (name: keyof Fields) => (event: { currentTarget: { value: string } }) => {
    const text = event.currentTarget.value;
    setGiven((before) => ({ ...before, [name]: text }));
  };
  return (
    <Modal opened={opened} onClose={leave} title="Use your own key">
      <DialogForm
        submit="Use this key"
        send={() => set.mutate()}
        sending={set.isPending}
        error={set.error}
        cancel={leave}
      >
        <Text>
          The platform signs in with an AppRole that may read the key, encrypt and decrypt with it. The key must not be
          exportable. If it is ever lost, what is stored is lost with it.
        </Text>
        {fields.map(({ name, label, placeholder }) => (
          <TextInput
            key={name}
            label={label}
            placeholder={placeholder}
            value={given[name]}
            onChange={change(name)}
            required
            withAsterisk={false}
            autoComplete="off"
          />
        ))}
        <PasswordInput
          label="Secret ID"
          description="It is encrypted, and never shown again."
          value={given.secretId}
          onChange={change('secretId')}
          required
          withAsterisk={false}
          autoComplete="off"
        />
        <TextInput label="Namespace (optional)" value={given.namespace} onChange={change('namespace')} />
        <Textarea
          label="Certificate authority, if you run your own"
          placeholder="-----BEGIN CERTIFICATE-----"
          value={trustPem}
          onChange={(event) => setTrustPem(event.currentTarget.value)}
          rows={3}
        />
      </DialogForm>
    </Modal>
  );
}
