import { Button } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api } from '../api/client.ts';
import { deadLettersQuery, projectionsQuery, schedulesQuery } from '../api/queries.ts';
import type { DeadLetter, Projection, Schedule } from '../api/types.ts';
import { LoadMore } from '../parts/load-more.tsx';
import { Page, Section } from '../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { Ago, Moment } from '../parts/time.tsx';
import { done, failed } from '../parts/toast.ts';

type LastRun = NonNullable<Schedule['lastRun']>;
const states: Readonly<Record<LastRun['status'], readonly [tone: Tone, name: string]>> = {
  waiting: ['accent', 'Waiting'],
  running: ['accent', 'Running'],
  done: ['good', 'Done'],
  failed: ['bad', 'Failed'],
};

/** What the platform does at certain times, and the read models that it keeps up to date. */
export function Schedules() {
  const schedules = useQuery({ ...schedulesQuery, refetchInterval: 5_000 });
  const projections = useQuery({ ...projectionsQuery, refetchInterval: 5_000 });
  return (
    <Page
      title="Schedules"
      text="What the platform does at certain times. A run that fails is retried three times; after that, it waits for the next time, or for you."
    >
      <List read={schedules}>{(each) => <ScheduleRow key={each.name} value={each} />}</List>
      <Section
        title="Read models"
        text="What statistics are read from. While one is rebuilt, the old one stays in use until the new one has caught up."
      >
        <List read={projections}>{(each) => <ProjectionRow key={each.name} value={each} />}</List>
      </Section>
      <DeadLetters />
    </Page>
  );
}

interface Read<Item> {
  readonly data: { readonly items: readonly Item[] } | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

function List<Item>({ read, children }: { read: Read<Item>; children: (item: Item) => ReactNode }) {
  const { data, error, refetch } = read;
  if (error && !data)
    return (
      <div className="card">
        <ErrorState error={error} retry={() => void refetch()} />
      </div>
    );
  if (!data) return <RowsSkeleton height={72} />;
  return <div className="card rows">{data.items.map(children)}</div>;
}

function ScheduleRow({ value: { name, description, cron, nextAt, lastRun } }: { value: Schedule }) {
  const client = useQueryClient();
  const run = useMutation({
    mutationFn: () => api.POST('/v1/operator/schedules/{schedule}/run', { params: { path: { schedule: name } } }),
    onSuccess: () => done(`${name} runs`),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: schedulesQuery.queryKey }),
  });
  const [tone, state] = lastRun ? states[lastRun.status] : (['quiet', 'Not run yet'] as const);
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">{name}</span>
        <span className="row-text">{description}</span>
        <span className="row-text">
          Next <Moment at={nextAt} /> · <span className="mono">{cron}</span> (UTC)
        </span>
        {lastRun && (
          <span className="row-text">
            <Ago at={lastRun.endedAt ?? lastRun.at} />
            {lastRun.attempt > 1 && ` · attempt ${lastRun.attempt}`}
            {lastRun.sentence !== null && ` · ${lastRun.sentence}`}
            {lastRun.missed > 0 && ` · ${lastRun.missed} earlier runs were missed`}
          </span>
        )}
      </span>
      <span className="row-end">
        <Status tone={tone}>{state}</Status>
        <Button
          variant="default"
          size="xs"
          loading={run.isPending}
          disabled={lastRun?.status === 'running'}
          onClick={() => run.mutate()}
          aria-label={`${lastRun?.status === 'failed' ? 'Retry now' : 'Run now'}: ${name}`}
        >
          {lastRun?.status === 'failed' ? 'Retry now' : 'Run now'}
        </Button>
      </span>
    </div>
  );
}

/** Beyond that, health is degraded, too. */
const lateMs = 30_000;

function ProjectionRow({ value: { name, version, readSince, lagMs, rebuild } }: { value: Projection }) {
  const client = useQueryClient();
  const anew = useMutation({
    mutationFn: () =>
      api.POST('/v1/operator/projections/{projection}/rebuild', { params: { path: { projection: name } } }),
    onSuccess: () => done(`${name} is being rebuilt`),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: projectionsQuery.queryKey }),
  });
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">{name}</span>
        <span className="row-text">
          {version === 0 ? 'Not built yet' : `Version ${version}, in use since `}
          {version > 0 && <Moment at={readSince} />}
        </span>
        {rebuild && <span className="row-text">Being rebuilt, {Math.round(rebuild.lagMs / 1_000)} s behind</span>}
      </span>
      <span className="row-end">
        <Status tone={lagMs > lateMs ? 'bad' : 'good'}>{Math.round(lagMs / 1_000)} s behind</Status>
        <Button
          variant="default"
          size="xs"
          loading={anew.isPending}
          disabled={rebuild !== null}
          onClick={() => anew.mutate()}
          aria-label={`Rebuild ${name}`}
        >
          Rebuild
        </Button>
      </span>
    </div>
  );
}

/** Events that a consumer of the platform could not handle; each can be replayed once what was wrong is over. */
function DeadLetters() {
  const letters = useInfiniteQuery({ ...deadLettersQuery, refetchInterval: 5_000 });
  const all = letters.data?.pages.flatMap(({ items }) => items);
  return (
    <Section title="Dead letters" text="Events that could not be handled. Replay one once its cause is fixed.">
      {letters.error && !all ? (
        <div className="card">
          <ErrorState error={letters.error} retry={() => void letters.refetch()} />
        </div>
      ) : !all ? (
        <RowsSkeleton rows={2} />
      ) : all.length === 0 ? (
        <p className="dimmed">There are none.</p>
      ) : (
        <div className="card rows">
          {all.map((letter) => (
            <DeadLetterRow key={letter.id} value={letter} />
          ))}
          <LoadMore {...letters} />
        </div>
      )}
    </Section>
  );
}

function DeadLetterRow({ value }: { value: DeadLetter }) {
  const { id, consumer, reason, detail, tenant, event, at, replayedAt } = value;
  const client = useQueryClient();
  const replay = useMutation({
    mutationFn: () =>
      api.POST('/v1/operator/dead-letters/{deadLetter}/replay', { params: { path: { deadLetter: id } } }),
    onSuccess: () => done('The event is handled again'),
    onError: failed,
    onSettled: () => client.invalidateQueries({ queryKey: deadLettersQuery.queryKey }),
  });
  return (
    <div className="row wrap">
      <span className="row-words">
        <span className="row-title">
          {event?.type ?? 'Not believed to be an event'} for {consumer}
        </span>
        <span className="row-text">
          {reason}: {detail}
        </span>
        <span className="row-text">
          <Ago at={at} />
          {tenant !== null && <span className="mono"> {tenant}</span>}
        </span>
      </span>
      <span className="row-end">
        {replayedAt !== null ? (
          <Status tone="good">Replayed</Status>
        ) : (
          <Status tone="bad">{event ? 'Not handled' : 'Refused'}</Status>
        )}
        {event && replayedAt === null && (
          <Button
            variant="default"
            size="xs"
            loading={replay.isPending}
            onClick={() => replay.mutate()}
            aria-label={`Replay ${event.type} for ${consumer}`}
          >
            Replay
          </Button>
        )}
      </span>
    </div>
  );
}
