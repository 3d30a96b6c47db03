import { Alert, Tabs } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { Problem } from '../../api/problem.ts';
import { guildQuery } from '../../api/queries.ts';
import type { GuildDetail, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { useMemberNames } from '../../app/member-names.ts';
import { usePeople } from '../../app/people.ts';
import { Page } from '../../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { UnsavedDialog } from '../../parts/unsaved-dialog.tsx';
import { DocumentMenu } from './document-menu.tsx';
import { Faults, Warnings } from './faults.tsx';
import { History } from './history.tsx';
import { Limits } from './limits.tsx';
import { Matrix } from './matrix.tsx';
import { PolicyChanges } from './policy-changes.tsx';
import { checkQuery, policyQuery, type CurrentPolicy } from './policy-queries.ts';
import { Rules } from './rules.tsx';
import { TryAs } from './try-as.tsx';
import { useDraft } from './use-draft.ts';
import { namesIn, type Names } from './words.ts';

/** A server's policy: view, edit, test, save and roll back. */
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
  const known = namesIn(guild, usePeople());
  const edited = useDraft(guild.id, current, known);
  const { base, draft, dirty, restoredAtMs } = edited;
  const nameOf = useMemberNames(
    [...usersIn(base.policy), ...usersIn(draft)].map((user) => ({ guild: guild.id, user })),
  );
  const names: Names = { ...known, member: (id) => nameOf(guild.id, id) ?? known.member(id) };
  const check = useQuery(checkQuery({ tenant, guild: guild.id }, draft));
  const faulty = check.error instanceof Problem && check.error.status === 422;
  const [valid, setValid] = useState(current.policy);
  useEffect(() => {
    if (check.data) setValid(draft);
  }, [check.data, draft]);
  const change = mayWrite ? { change: edited.change } : {};
  return (
    <>
      {!mayWrite && (
        <Alert color="gray" variant="light" mb="md" className="note">
          Your role can view policies but not change them.
        </Alert>
      )}
      {restoredAtMs !== undefined && (
        <Alert color="blue" variant="light" mb="md" className="note" title="Your unsaved changes are back">
          You made them <Ago at={new Date(restoredAtMs).toISOString()} />. They are not in force until you save them.
        </Alert>
      )}
      {faulty && <Faults error={check.error} />}
      {check.data && <Warnings {...check.data} />}
      <Tabs defaultValue="matrix" keepMounted={false}>
        <div className="tabs-bar">
          <Tabs.List className="tabs" onClick={(event) => inView(event.target)}>
            <Tabs.Tab value="matrix">Permissions</Tabs.Tab>
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
          <History guild={guild.id} names={names} mayWrite={mayWrite} dirty={dirty} />
        </Tabs.Panel>
      </Tabs>
      {dirty && (
        <>
          <PolicyChanges guild={guild} names={names} draft={edited} faulty={faulty} />
          <UnsavedDialog what="policy" guild={guild.name} discard={edited.discard} />
        </>
      )}
    </>
  );
}

const usersIn = ({ rules }: GuildPolicy): readonly string[] => rules.flatMap(({ who }) => who.users ?? []);

/** If the tabs do not fit, the selected one may be partly out of view. */
function inView(target: EventTarget): void {
  if (target instanceof Element) target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}
