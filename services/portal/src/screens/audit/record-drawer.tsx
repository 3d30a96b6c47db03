import { Button, Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { displayName } from '#infra/kernel/names.ts';
import type { AuditRecord, SealedRecord } from '../../api/types.ts';
import { guildQuery, guildsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { Moment } from '../../parts/time.tsx';
import { actorWords, targetWords, type Called } from './records.ts';
import { Why, WhyFailed } from './why.tsx';

/** A complete record, and the reasons for the decision. */
export function RecordDrawer(props: {
  sealed: SealedRecord | undefined;
  called: Called;
  close: () => void;
  /** Filters the log by this person or service. */
  onlyActor: (id: string) => void;
}) {
  const { sealed, called, close, onlyActor } = props;
  const record = sealed?.record;
  const names = useNamesOf(record, called);
  const who = record?.onBehalfOf ?? record?.actor;
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
          {record.outcome === 'failed' && <WhyFailed record={record} />}
          {record.decision && <Why decision={record.decision} record={record} />}
          <dl className="facts">
            <Fact name="When">
              <Moment at={record.time} />
            </Fact>
            <Fact name="Who">
              {actorWords(record, called)}
              {who && (
                <Button
                  variant="subtle"
                  size="compact-xs"
                  ml={8}
                  onClick={() => {
                    close();
                    onlyActor(who.id);
                  }}
                >
                  Show only this actor
                </Button>
              )}
            </Fact>
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
            <Fact name="Log index">{sealed.index}</Fact>
            <Fact name="Record" mono>
              {record.id}
            </Fact>
          </dl>
        </>
      )}
    </Drawer>
  );
}

/** The names for a record's ids, as far as the portal knows them. */
function useNamesOf(
  record: AuditRecord | null | undefined,
  { people }: Called,
): Readonly<Record<string, string | undefined>> {
  const { tenant } = useTenant();
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
