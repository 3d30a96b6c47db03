import { Button, NativeSelect, PasswordInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { sentenceOf } from '../api/problem.ts';
import { membersQuery, tenantQuery } from '../api/queries.ts';
import { useMe, useTenant } from '../app/access.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Page, Section } from '../parts/page.tsx';
import { done, failed } from '../parts/toast.ts';

/** What is done rarely: another token, another owner, a pause, the end. */
export default function Settings() {
  const { tenant, can } = useTenant();
  const { data } = useQuery(tenantQuery(tenant));
  return (
    <Page title="Settings">
      {data?.tenant.applicationId === null ? <NoToken /> : <ReplaceToken />}
      {can('member.write') && <HandOver />}
      {can('tenant.suspend') && (
        <Pause
          status={data?.tenant.status}
          byOperator={data?.tenant.suspendedBy?.startsWith('operator:') === true && !can('operator.read')}
        />
      )}
      {can('tenant.delete') && <Remove />}
    </Page>
  );
}

function NoToken() {
  const { tenant } = useTenant();
  return (
    <Section title="Discord token" text="There is none yet: it comes in with the bot, and every step is checked.">
      <Button component={Link} href={`/t/${tenant}/onboarding`}>
        Bring the bot
      </Button>
    </Section>
  );
}

function ReplaceToken() {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const replace = useMutation({
    mutationFn: () =>
      api.PUT('/v1/tenants/{tenant}/token', { params: { path: { tenant } }, body: { token: token.trim() } }),
    onSuccess: async () => {
      setToken('');
      done('The new token is in use');
      await client.invalidateQueries({ queryKey: ['tenant', tenant] });
    },
  });
  return (
    <Section
      title="Discord token"
      text="After a reset in the Discord Developer Portal, put the new token here. It has to be of the same application."
    >
      <form
        className="card pad inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          replace.mutate();
        }}
      >
        <PasswordInput
          label="New token"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
          error={replace.error ? sentenceOf(replace.error) : undefined}
          maxLength={200}
          autoComplete="off"
        />
        <Button type="submit" disabled={token.trim() === ''} loading={replace.isPending}>
          Check and replace
        </Button>
      </form>
    </Section>
  );
}

function HandOver() {
  const { tenant, name } = useTenant();
  const me = useMe();
  const client = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const members = useInfiniteQuery(membersQuery(tenant));
  const others =
    members.data?.pages.flatMap(({ items }) => items).filter(({ subject }) => subject !== me.subject) ?? [];
  const [chosen, setChosen] = useState('');
  const subject = chosen || (others[0]?.subject ?? '');
  const heir = others.find((member) => member.subject === subject);
  const handOver = useMutation({
    mutationFn: () => api.POST('/v1/tenants/{tenant}/ownership', { params: { path: { tenant } }, body: { subject } }),
    onSuccess: async () => {
      close();
      done(`${heir?.name ?? subject} owns ${name} now; you are an admin`);
      await client.invalidateQueries();
    },
    onError: failed,
  });
  if (!me.tenants.some(({ id, role }) => id === tenant && role === 'owner')) return null;
  return (
    <Section title="Ownership" text="Hand the bot over to another member. You stay as an admin.">
      {others.length === 0 ? (
        <p className="note-line">
          There is no other member yet.{' '}
          <Link href={`/t/${tenant}/members`} className="text-link">
            Invite somebody first
          </Link>
        </p>
      ) : (
        <div className="card pad inline-form">
          <NativeSelect
            label="New owner"
            value={subject}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={others.map((member) => ({ value: member.subject, label: member.name ?? member.subject }))}
          />
          <Button variant="default" onClick={open}>
            Hand over
          </Button>
        </div>
      )}
      <Confirm
        opened={asking}
        close={close}
        title={`Hand ${name} over?`}
        text={`${heir?.name ?? subject} will own it. Only they can give it back.`}
        action="Hand over"
        run={() => handOver.mutate()}
        running={handOver.isPending}
      />
    </Section>
  );
}

function Pause({ status, byOperator }: { status: string | undefined; byOperator: boolean }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const settled = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ['tenant', tenant] }),
      client.invalidateQueries({ queryKey: ['me'] }),
    ]);
  const suspend = useMutation({
    mutationFn: () =>
      api.POST('/v1/tenants/{tenant}/suspend', {
        params: { path: { tenant } },
        body: { reason: 'Suspended from the portal' },
      }),
    onSuccess: () => {
      close();
      done('The bot is stopped');
    },
    onError: failed,
    onSettled: settled,
  });
  const resume = useMutation({
    mutationFn: () => api.POST('/v1/tenants/{tenant}/resume', { params: { path: { tenant } } }),
    onSuccess: () => done('The bot is starting'),
    onError: failed,
    onSettled: settled,
  });
  return (
    <Section title="Pause" text="The bot goes offline, and everything stays as it is.">
      {status === 'suspended' && byOperator ? (
        <p className="note-line">An operator of this platform stopped it. Only they can start it again.</p>
      ) : status === 'suspended' ? (
        <Button loading={resume.isPending} onClick={() => resume.mutate()}>
          Start the bot again
        </Button>
      ) : (
        <Button variant="default" disabled={status !== 'active'} onClick={open}>
          Stop the bot
        </Button>
      )}
      <Confirm
        opened={asking}
        close={close}
        title="Stop the bot?"
        text="It leaves every voice channel and answers nobody until it is started again."
        action="Stop the bot"
        run={() => suspend.mutate()}
        running={suspend.isPending}
      />
    </Section>
  );
}

function Remove() {
  const { tenant, name } = useTenant();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const remove = useMutation({
    mutationFn: () => api.DELETE('/v1/tenants/{tenant}', { params: { path: { tenant } } }),
    onSuccess: async () => {
      done(`${name} was deleted`);
      await client.invalidateQueries({ queryKey: ['me'] });
      navigate('/');
    },
    onError: failed,
  });
  return (
    <Section title="Delete" text="Destroys the token and the tenant's key. Nobody can bring it back, we neither.">
      <Button variant="outline" color="red.8" className="danger-button" onClick={open}>
        Delete {name}
      </Button>
      <Confirm
        opened={asking}
        close={close}
        title={`Delete ${name}?`}
        text="The bot stops, and its token, policies, members and keys are gone for good. Export the audit log first if you want to keep it."
        action="Delete for ever"
        run={() => remove.mutate()}
        running={remove.isPending}
        typed={name}
      />
    </Section>
  );
}
