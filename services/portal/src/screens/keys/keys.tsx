import { Button, Checkbox, NativeSelect, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconApi, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, valueOf } from '../../api/client.ts';
import { hasCode, sentenceOf } from '../../api/problem.ts';
import { apiKeysQuery, auditKeyQuery } from '../../api/queries.ts';
import type { ApiKey } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { CreateDialog } from '../../parts/create-dialog.tsx';
import { LoadMore } from '../../parts/load-more.tsx';
import { isolated } from '../../parts/names.ts';
import { Page, Section } from '../../parts/page.tsx';
import { RoleNeeded } from '../../parts/role-needed.tsx';
import { Secret } from '../../parts/secret.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Ago, Day } from '../../parts/time.tsx';
import { done, failed } from '../../parts/toast.ts';
import { ExternalKey } from './external-key.tsx';
import { TenantKeys } from './tenant-keys.tsx';

const scopes = [
  { value: 'read', label: 'Read', text: 'The bot, its servers, players and policies' },
  { value: 'control', label: 'Control', text: 'Control playback and the queue' },
  { value: 'policies', label: 'Policies', text: 'Change policies' },
  { value: 'audit', label: 'Audit', text: 'Read and export the audit log' },
  { value: 'statistics', label: 'Statistics', text: 'See what was played, by whom, and what failed' },
  { value: 'members', label: 'Members', text: 'Invite, change and remove members' },
  { value: 'webhooks', label: 'Webhooks', text: 'Add, change and test webhooks, and see what was sent' },
] as const;

/** API keys, and the keys that encrypt the tenant's data and sign its audit log. */
export default function Keys() {
  const { can } = useTenant();
  return (
    <Page title="Keys" text="API keys for your programs, and the keys that encrypt your data and sign your audit log.">
      {can('apikey.read') && <ApiKeys />}
      {can('key.read') && <TenantKeys />}
      {can('key.read') && <ExternalKey />}
      {can('audit.read') && <LogKey />}
    </Page>
  );
}

function ApiKeys() {
  const { tenant, can } = useTenant();
  const keys = useInfiniteQuery(apiKeysQuery(tenant));
  const [making, { open, close }] = useDisclosure(false);
  const all = keys.data?.pages.flatMap(({ items }) => items);
  return (
    <Section
      title="API keys"
      text="Each key has the permissions that you choose, and never more than you have yourself."
      actions={
        can('apikey.write') && (
          <Button onClick={open} leftSection={<IconPlus size={18} aria-hidden />}>
            Create a key
          </Button>
        )
      }
    >
      {keys.error && !all ? (
        <div className="card">
          <ErrorState error={keys.error} retry={() => void keys.refetch()} />
        </div>
      ) : !all ? (
        <RowsSkeleton rows={3} height={72} />
      ) : all.length === 0 ? (
        <div className="card">
          <EmptyState
            icon={<IconApi />}
            title="No keys yet"
            text={
              <>
                With a key, your own programs can use the{' '}
                <a className="text-link" href="/docs">
                  API
                </a>
                .
              </>
            }
          />
        </div>
      ) : (
        <div className="card rows">
          {all.map((key) => (
            <KeyRow key={key.id} value={key} />
          ))}
          <LoadMore {...keys} />
        </div>
      )}
      <RoleNeeded action="apikey.write" to="create or revoke API keys" />
      <MakeKey opened={making} close={close} />
    </Section>
  );
}

function KeyRow({ value }: { value: ApiKey }) {
  const { tenant, can } = useTenant();
  const client = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const revoke = useMutation({
    mutationFn: () =>
      api.DELETE('/v1/tenants/{tenant}/api-keys/{key}', { params: { path: { tenant, key: value.id } } }),
    onSuccess: () => {
      close();
      done(`${isolated(value.name)} was revoked`);
    },
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: apiKeysQuery(tenant).queryKey }),
  });
  return (
    <div className="row wrap">
      <span className="row-words">
        <bdi className="row-title">{value.name}</bdi>
        <span className="row-text">
          {value.lastUsedAt ? (
            <>
              Used <Ago at={value.lastUsedAt} />
            </>
          ) : (
            'Never used'
          )}
          {' · expires '}
          <Day at={value.expiresAt} />
        </span>
      </span>
      <span className="tags">
        {value.scopes.map((scope) => (
          <span key={scope} className="tag">
            {scopes.find((known) => known.value === scope)?.label ?? scope}
          </span>
        ))}
      </span>
      {can('apikey.write') && (
        <Button variant="default" size="xs" onClick={open} aria-label={`Revoke ${isolated(value.name)}`}>
          Revoke
        </Button>
      )}
      <Confirm
        opened={asking}
        close={close}
        title={`Revoke ${isolated(value.name)}?`}
        text="Programs that use it stop working immediately."
        action="Revoke"
        run={() => revoke.mutate()}
        running={revoke.isPending}
      />
    </div>
  );
}

function MakeKey({ opened, close }: { opened: boolean; close: () => void }) {
  const { tenant } = useTenant();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<ApiKey['scopes']>(['read']);
  const [days, setDays] = useState('90');
  return (
    <CreateDialog
      opened={opened}
      title="Create a key"
      submit="Create the key"
      valid={name.trim() !== '' && chosen.length > 0}
      create={async () => {
        const body = { name: name.trim(), scopes: chosen, expiresInDays: Number(days) };
        return (await valueOf(api.POST('/v1/tenants/{tenant}/api-keys', { params: { path: { tenant } }, body }))).key;
      }}
      changes={apiKeysQuery(tenant).queryKey}
      created={{
        title: 'Copy the key now',
        text: 'It is shown only once. Only a hash of it is stored.',
        label: 'the key',
      }}
      leave={() => {
        close();
        setName('');
      }}
    >
      <TextInput
        label="Name"
        placeholder="Nightly audit export"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={80}
        required
        withAsterisk={false}
        data-autofocus
      />
      <Checkbox.Group label="Permissions" value={chosen} onChange={setChosen}>
        <Stack gap="sm" mt="xs">
          {scopes.map(({ value, label, text }) => (
            <Checkbox key={value} value={value} label={label} description={text} />
          ))}
        </Stack>
      </Checkbox.Group>
      <NativeSelect
        label="Expires after"
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
        data={[
          { value: '7', label: '7 days' },
          { value: '30', label: '30 days' },
          { value: '90', label: '90 days' },
          { value: '365', label: '365 days' },
        ]}
      />
    </CreateDialog>
  );
}

function LogKey() {
  const { tenant } = useTenant();
  const { data, error } = useQuery(auditKeyQuery(tenant));
  return (
    <Section
      title="Public key of the audit log"
      text="Keep a copy separately from exports. Anyone can use it to verify them offline, without this platform."
    >
      {error ? (
        <div className="card pad dimmed">
          {hasCode(error, 'audit.no-key') ? 'It is created with the first record.' : sentenceOf(error)}
        </div>
      ) : data ? (
        <>
          <Secret value={data.key} label="the public key of the log" />
          {data.predecessors.length > 0 && (
            <p className="dimmed">
              It was replaced {data.predecessors.length === 1 ? 'once' : `${data.predecessors.length} times`}, last{' '}
              <Ago at={data.predecessors.at(-1)?.replacedAt ?? ''} />. A copy of an earlier one still verifies new
              exports.
            </p>
          )}
        </>
      ) : (
        <RowsSkeleton rows={1} height={46} />
      )}
    </Section>
  );
}
