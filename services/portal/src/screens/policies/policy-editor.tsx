import { Alert, Button, Modal, Tabs } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconArrowLeft, IconUsersGroup } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { guildQuery, policyHistoryQuery } from '../../api/queries.ts';
import type { GuildDetail, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { usePeople } from '../../app/people.ts';
import { Page } from '../../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { done } from '../../parts/toast.ts';
import { ChangeList } from './change-list.tsx';
import { DocumentMenu } from './document-menu.tsx';
import { Faults, Warnings } from './faults.tsx';
import { History } from './history.tsx';
import { Limits } from './limits.tsx';
import { Matrix } from './matrix.tsx';
import { checkQuery, policyQuery, versionOf, type CurrentPolicy } from './policy-queries.ts';
import { rebased } from './rebase.ts';
import { Rules } from './rules.tsx';
import { TryAs } from './try-as.tsx';
import { changes, namesIn, type Names } from './words.ts';

/** A server's policy: seen, changed, tried, saved, and gone back on. */
export default function PolicyEditor({ guild }: { guild: string }) {
  const { tenant } = useTenant();
  const details = useQuery(guildQuery(tenant, guild));
  const policy = useQuery(policyQuery(tenant, guild));
  const error = details.error ?? policy.error;
  return (
    <Page
      title={details.data?.name ?? 'Policy'}
      tab={`Policy of ${details.data?.name ?? 'a server'}`}
      wide
      text={
        <Link href={`/t/${tenant}/policies`} className="text-link back">
          <IconArrowLeft size={15} aria-hidden /> All servers
        </Link>
      }
    >
      {details.data && policy.data ? (
        <Editor key={guild} guild={details.data} current={policy.data} />
      ) : error ? (
        <div className="card">
          <ErrorState
            error={error}
            retry={() => {
              void details.refetch();
              void policy.refetch();
            }}
          />
        </div>
      ) : (
        <RowsSkeleton rows={6} height={52} />
      )}
    </Page>
  );
}

function Editor({ guild, current }: { guild: GuildDetail; current: CurrentPolicy }) {
  const { tenant, can } = useTenant();
  const mayWrite = can('policy.write');
  const names = namesIn(guild, usePeople());
  const [base, setBase] = useState(current);
  const [draft, setDraft] = useState(current.policy);
  const dirty = changes(base.policy, draft, names).length > 0;
  useEffect(() => {
    // What somebody else saved is taken over unless there is something of one's own to lose.
    if (dirty || current.version === base.version) return;
    setBase(current);
    setDraft(current.policy);
  }, [current, base.version, dirty]);
  useEffect(() => {
    if (!dirty) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [dirty]);
  const check = useQuery(checkQuery({ tenant, guild: guild.id }, draft));
  const faulty = check.error instanceof Problem && check.error.status === 422;
  const [valid, setValid] = useState(current.policy);
  useEffect(() => {
    if (check.data) setValid(draft);
  }, [check.data, draft]);
  const change = mayWrite ? { change: setDraft } : {};
  return (
    <>
      {!mayWrite && (
        <Alert color="gray" variant="light" mb="md" className="note">
          Your role sees policies and changes none.
        </Alert>
      )}
      {faulty && <Faults error={check.error} />}
      {check.data && <Warnings {...check.data} />}
      <Tabs defaultValue="matrix" keepMounted={false}>
        <div className="tabs-bar">
          <Tabs.List className="tabs">
            <Tabs.Tab value="matrix">Who may what</Tabs.Tab>
            <Tabs.Tab value="rules">Channels and hours</Tabs.Tab>
            <Tabs.Tab value="limits">Limits</Tabs.Tab>
            <Tabs.Tab value="try">Test as a member</Tabs.Tab>
            <Tabs.Tab value="history">History</Tabs.Tab>
          </Tabs.List>
          <DocumentMenu guild={guild} names={names} current={base} {...change} />
        </div>
        <Tabs.Panel value="matrix">
          <Matrix policy={draft} valid={faulty ? valid : draft} guild={guild} names={names} {...change} />
        </Tabs.Panel>
        <Tabs.Panel value="rules">
          <Rules policy={draft} guild={guild} names={names} {...change} />
        </Tabs.Panel>
        <Tabs.Panel value="limits">
          <Limits policy={draft} guild={guild} {...change} />
        </Tabs.Panel>
        <Tabs.Panel value="try">
          <TryAs policy={draft} guild={guild} names={names} />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <History guild={guild.id} names={names} current={base} mayWrite={mayWrite && !dirty} />
        </Tabs.Panel>
      </Tabs>
      {dirty && (
        <SaveBar
          guild={guild}
          names={names}
          base={base}
          draft={draft}
          faulty={faulty}
          saved={(version) => {
            setBase(version);
            setDraft(version.policy);
          }}
          rebase={(version) => {
            setDraft(rebased(base.policy, draft, version.policy));
            setBase(version);
          }}
          discard={() => setDraft(base.policy)}
        />
      )}
    </>
  );
}

function SaveBar(props: {
  guild: GuildDetail;
  names: Names;
  base: CurrentPolicy;
  draft: GuildPolicy;
  /** It could not be saved; what is wrong is said above. */
  faulty: boolean;
  saved: (version: CurrentPolicy) => void;
  /** One's own changes go on top of somebody else's newer version. */
  rebase: (version: CurrentPolicy) => void;
  discard: () => void;
}) {
  const { guild, names, base, draft } = props;
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [reviewing, { open, close }] = useDisclosure(false);
  const count = changes(base.policy, draft, names).length;
  const query = policyQuery(tenant, guild.id);
  const check = useQuery(checkQuery({ tenant, guild: guild.id }, draft));
  const save = useMutation({
    mutationFn: () =>
      versionOf(
        api.PUT('/v1/tenants/{tenant}/guilds/{guild}/policy', {
          params: { path: { tenant, guild: guild.id }, header: { 'if-match': base.etag } },
          body: draft,
        }),
      ),
    onSuccess: (version) => {
      client.setQueryData(query.queryKey, version);
      void client.invalidateQueries({ queryKey: policyHistoryQuery(tenant, guild.id).queryKey });
      void client.invalidateQueries({ queryKey: ['guilds', tenant] });
      close();
      props.saved(version);
      done(`Version ${version.version} is in force`);
    },
  });
  const conflict = save.error instanceof Problem && save.error.status === 412;
  const look = useMutation({
    mutationFn: () => client.fetchQuery(query),
    onSuccess: (version) => {
      props.rebase(version);
      save.reset();
    },
  });
  return (
    <div className="save-bar" role="region" aria-label="Changes that are not saved">
      <span>
        <b>
          {count} {count === 1 ? 'change' : 'changes'}
        </b>{' '}
        <span className="dimmed">not saved</span>
      </span>
      <span className="page-actions">
        <Button variant="default" onClick={props.discard}>
          Discard
        </Button>
        <Button onClick={open} disabled={props.faulty}>
          Review and save
        </Button>
      </span>
      <Modal opened={reviewing} onClose={close} title={`What changes in ${guild.name}`} size="lg">
        <div className="form">
          <ChangeList before={base.policy} after={draft} names={names} />
          {check.data && <Warnings {...check.data} />}
          {conflict && (
            <Alert
              color="yellow"
              variant="light"
              icon={<IconUsersGroup />}
              title="Somebody else saved meanwhile"
              className="note"
            >
              <p>Look at their version: your changes go on top of it, and what differs from theirs is listed anew.</p>
              <Button size="xs" variant="default" loading={look.isPending} onClick={() => look.mutate()}>
                Compare with theirs
              </Button>
            </Alert>
          )}
          {save.error && !conflict && <Faults error={save.error} />}
          <div className="form-actions">
            <Button variant="default" onClick={close}>
              Not yet
            </Button>
            <Button loading={save.isPending} disabled={conflict} onClick={() => save.mutate()}>
              Save
            </Button>
          </div>
        </div>
      </Modal>
    </div>
  );
}
