import { Anchor } from '@mantine/core';
import { IconHistoryOff } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { timelineQuery } from '../../api/queries.ts';
import type { PastMoment, Track } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { useMemberNames, type MemberNames } from '../../app/member-names.ts';
import { usePeople } from '../../app/people.ts';
import { personWords } from '../../app/words.ts';
import { Section } from '../../parts/page.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { clockTime, Moment } from '../../parts/time.tsx';
import { RecordDrawer } from '../audit/record-drawer.tsx';
import { RecordRow } from '../audit/record-row.tsx';
import { membersIn } from '../audit/records.ts';
import { lengthWords } from '../live/length.ts';
import { PastBot } from './past-bot.tsx';

const states = { idle: 'Nothing was playing', waiting: 'Waiting', playing: 'Playing', paused: 'Paused' } as const;

/** The server at the moment: player, queue, policy, denials. */
export function Then({ guild, atMs }: { guild: string; atMs: number | undefined }) {
  const { tenant } = useTenant();
  const [now] = useState(() => new Date().toISOString());
  const at = atMs === undefined ? now : new Date(atMs).toISOString();
  const read = useQuery({ ...timelineQuery(tenant, guild, at), placeholderData: keepPreviousData });
  if (read.error && !read.data)
    return (
      <div className="card">
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </div>
    );
  if (!read.data) return <RowsSkeleton rows={4} />;
  return <AsItWas guild={guild} moment={read.data} />;
}

function AsItWas({ guild, moment }: { guild: string; moment: PastMoment }) {
  const { player, policy } = moment;
  const people = usePeople();
  const tracks = player ? [...(player.current ? [player.current] : []), ...player.queue] : [];
  const named = useMemberNames([
    ...tracks.flatMap(({ requestedBy }) => (requestedBy === null ? [] : [{ guild, user: requestedBy }])),
    ...membersIn(moment.denials),
  ]);
  return (
    <div aria-live="polite">
      <Section title="Player">
        {player ? (
          <PastPlayer guild={guild} player={player} named={named} />
        ) : (
          <div className="card">
            <EmptyState
              icon={<IconHistoryOff />}
              title="Nothing is known"
              text="Nothing had happened by then, or it is no longer kept."
            />
          </div>
        )}
      </Section>
      <Section title="Policy">
        <div className="card rows">
          <div className="row">
            <span className="row-words">
              <span className="row-title">{policy.version === 0 ? 'The default' : `Version ${policy.version}`}</span>
              {policy.createdAt !== null && (
                <span className="row-text">
                  by <bdi>{personWords(policy.author, people)}</bdi>, <Moment at={policy.createdAt} />
                </span>
              )}
            </span>
            <PolicyLink guild={guild} />
          </div>
        </div>
      </Section>
      <Section title="Bot">
        <PastBot moment={moment} />
      </Section>
      <Denials moment={moment} named={named} />
    </div>
  );
}

function PolicyLink({ guild }: { guild: string }) {
  const { tenant } = useTenant();
  return (
    <Anchor component={Link} to={`/t/${tenant}/policies/${guild}`} size="sm">
      Policy now
    </Anchor>
  );
}

type PastPlayer = NonNullable<PastMoment['player']>;

function PastPlayer({ guild, player, named }: { guild: string; player: PastPlayer; named: MemberNames }) {
  const { current, queue, queueLength, state, positionMs, volume } = player;
  const rest = queueLength - queue.length;
  return (
    <ol className="card rows queue">
      <li className="row">
        <span className="row-words">
          <bdi className="row-title ellipsis">{current?.title ?? states.idle}</bdi>
          {current && (
            <span className="row-text">
              {states[state]} at {clockTime(positionMs)}, volume {volume} %,{' '}
              <AskedBy {...{ guild, track: current, named }} />
            </span>
          )}
        </span>
      </li>
      {queue.map((track, index) => (
        <li key={track.entryId} className="row">
          <span className="queue-number">{index + 1}</span>
          <span className="row-words">
            <bdi className="row-title ellipsis">{track.title}</bdi>
            <span className="row-text">
              <AskedBy {...{ guild, track, named }} />
            </span>
          </span>
          <span className="dimmed small tabular">{lengthWords(track)}</span>
        </li>
      ))}
      {rest > 0 && <li className="more dimmed">and {rest} more</li>}
    </ol>
  );
}

function AskedBy({ guild, track, named }: { guild: string; track: Track; named: MemberNames }) {
  const { requestedBy } = track;
  if (track.automatic) return <>added by autoplay</>;
  if (requestedBy === null) return <>requester unknown</>;
  return (
    <>
      added by <bdi title={requestedBy}>{named(guild, requestedBy) ?? `Member ${requestedBy}`}</bdi>
    </>
  );
}

/** What had been denied in the quarter of an hour before; each with its reasons. */
function Denials({ moment, named }: { moment: PastMoment; named: MemberNames }) {
  const { tenant } = useTenant();
  const people = usePeople();
  const [opened, setOpened] = useState<PastMoment['denials'][number]>();
  const called = { people, member: named };
  return (
    <Section title="Denied" text="In the fifteen minutes before.">
      {moment.denials.length === 0 ? (
        <p className="dimmed">Nothing was denied.</p>
      ) : (
        <div className="card rows">
          {moment.denials.map((sealed) => (
            <RecordRow key={sealed.index} sealed={sealed} called={called} open={() => setOpened(sealed)} />
          ))}
        </div>
      )}
      <RecordDrawer
        sealed={opened}
        called={called}
        close={() => setOpened(undefined)}
        onlyActor={(id) => location.assign(`/t/${tenant}/audit?actor=${encodeURIComponent(id)}`)}
      />
    </Section>
  );
}
