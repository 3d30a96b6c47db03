import { Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { displayName } from '#infra/kernel/names.ts';
import { api, valueOf } from '../../api/client.ts';
import { sentenceOf } from '../../api/problem.ts';
import type { AuditRecord, SealedRecord } from '../../api/types.ts';
import { guildQuery, guildsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { usePeople } from '../../app/people.ts';
import { Working } from '../../parts/states.tsx';
import { Moment } from '../../parts/time.tsx';
import { actorWords, targetWords } from './records.ts';

/** One record whole, and why it was decided as it was. */
export function RecordDrawer({ sealed, close }: { sealed: SealedRecord | undefined; close: () => void }) {
  const record = sealed?.record;
  const people = usePeople();
  const names = useNamesOf(record);
  return (
    <Drawer
      opened={sealed !== undefined}
      onClose={close}
      position="right"
      size={460}
      title={record ? <b>{record.command ? `/${record.command}` : record.action}</b> : ''}
    >
      {record && sealed && (
        <>
          {record.decision && <Why decision={record.decision} record={record} />}
          <dl className="facts">
            <Fact name="When">
              <Moment at={record.time} />
            </Fact>
            <Fact name="Who">{actorWords(record, people)}</Fact>
            <Fact name="Actor" mono>
              {record.actor.id}
            </Fact>
            {record.onBehalfOf && (
              <Fact name="On behalf of" mono>
                {record.onBehalfOf.id}
              </Fact>
            )}
            <Fact name="Action" mono>
              {record.action}
            </Fact>
            <Fact name="Outcome">{record.outcome}</Fact>
            {(
              [
                'guild',
                'channel',
                'target',
                'reason',
                'rule',
                'policyVersion',
                'decision',
                'requestId',
                'transaction',
              ] as const
            ).map(
              (name) =>
                record[name] && (
                  <Fact key={name} name={factNames[name]} mono={names[name] === undefined}>
                    {names[name]}
                    <span className={names[name] === undefined ? undefined : 'fact-id mono'}>{record[name]}</span>
                  </Fact>
                ),
            )}
            {Object.entries(record.detail ?? {}).map(([name, value]) => (
              <Fact key={name} name={name} mono>
                {displayName(String(value), { maxCharacters: 2_048 })}
              </Fact>
            ))}
            <Fact name="Place in the log">{sealed.index}</Fact>
            <Fact name="Record" mono>
              {record.id}
            </Fact>
          </dl>
        </>
      )}
    </Drawer>
  );
}

/** What the ids of a record are called, as far as the portal knows. */
function useNamesOf(record: AuditRecord | null | undefined): Readonly<Record<string, string | undefined>> {
  const { tenant } = useTenant();
  const people = usePeople();
  const { guild = '', channel, target } = record ?? {};
  const guilds = useQuery({ ...guildsQuery(tenant), enabled: guild !== '' || target !== undefined });
  const place = useQuery({ ...guildQuery(tenant, guild), enabled: guild !== '' && channel !== undefined });
  const server = (id: string) => guilds.data?.find((each) => each.id === id)?.name;
  const named = place.data?.text.find(({ id }) => id === channel)?.name;
  return {
    guild: server(guild),
    channel: named && `#${named}`,
    target: target && targetWords(target, { people, server }),
  };
}

const factNames = {
  guild: 'Server',
  channel: 'Channel',
  target: 'Target',
  reason: 'Reason',
  rule: 'Rule',
  policyVersion: 'Policies',
  decision: 'Decision',
  requestId: 'Request',
  transaction: 'Transaction',
} as const;

function Fact({ name, mono = false, children }: { name: string; mono?: boolean; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd className={mono ? 'mono' : undefined}>
        <bdi>{children}</bdi>
      </dd>
    </div>
  );
}

function Why({ decision, record }: { decision: string; record: AuditRecord }) {
  const { tenant } = useTenant();
  const { data, error } = useQuery({
    queryKey: ['decision', tenant, decision],
    queryFn: ({ signal }) =>
      valueOf(api.GET('/v1/tenants/{tenant}/decisions/{decision}', { signal, params: { path: { tenant, decision } } })),
    staleTime: Infinity,
  });
  const place = useQuery({
    ...guildQuery(tenant, record.guild ?? ''),
    enabled: record.guild !== undefined && (data?.wouldAllow ?? []).length > 0,
  });
  const nameOf = (id: string) =>
    [...(place.data?.roles ?? []), ...(place.data?.text ?? [])].find((one) => one.id === id)?.name;
  const outcome = record.outcome === 'denied' ? 'denied' : 'allowed';
  return (
    <section className="why" data-outcome={outcome} aria-label="Why">
      <h3 className="stage-title">Why it was {outcome}</h3>
      {data ? (
        <>
          {data.replay?.message && <p>{data.replay.message}</p>}
          <p>
            {data.check && (
              <>
                Check <span className="mono">{data.check}</span>
                {data.reason && (
                  <>
                    : <span className="mono">{data.reason}</span>
                  </>
                )}
                {'. '}
              </>
            )}
            {data.rule ? (
              <>
                Rule <span className="mono">{data.rule}</span>
              </>
            ) : (
              'No rule mentions it'
            )}
            {data.replay ? `, version ${data.replay.policyVersion} of the policy.` : '.'}
          </p>
          {data.replay && !data.replay.agrees && <p>Asked again today, the policy of then comes to something else.</p>}
          {data.wouldAllow.length > 0 && (
            <>
              <p>
                <b>What would have allowed it</b>
              </p>
              <ul>
                {data.wouldAllow.map(({ sentence, id }) => (
                  <li key={sentence} title={id}>
                    {id === undefined ? sentence : sentence.replace(id, nameOf(id) ?? id)}
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      ) : error ? (
        <p>{sentenceOf(error)}</p>
      ) : (
        <Working what="Being looked up" />
      )}
    </section>
  );
}
