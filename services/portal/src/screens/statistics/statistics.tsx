import { NativeSelect, SegmentedControl } from '@mantine/core';
import { IconChartBar } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { guildsQuery, statisticsQuery } from '../../api/queries.ts';
import type { Statistics as Counts, StatisticsRange } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { isolated } from '../../parts/names.ts';
import { Page, Section } from '../../parts/page.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { ownZone } from '../../parts/time.tsx';
import { HoursMap } from './hours-map.tsx';
import { PlaysChart } from './plays-chart.tsx';
import { Recent } from './recent.tsx';
import { StatisticsFiles } from './statistics-files.tsx';
import { Tops } from './tops.tsx';

const spans = [
  { value: '1', label: 'Today' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
] as const;

/** The days of this number that end with today, in the user's time zone. */
function rangeOf(days: number, guild: string): StatisticsRange {
  const from = new Date();
  from.setHours(0, 0, 0, 0);
  const to = new Date(from);
  from.setDate(from.getDate() - days + 1);
  to.setDate(to.getDate() + 1);
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    timeZone: ownZone,
    by: days === 1 ? 'hour' : days > 31 ? 'week' : 'day',
    ...(guild === '' ? {} : { guild }),
  };
}

/** What was played, when, by whom, and what failed: of one server or all of them. */
export default function Statistics() {
  const { tenant } = useTenant();
  const [search, setSearch] = useSearchParams();
  const guilds = useQuery(guildsQuery(tenant)).data ?? [];
  const days = spans.find(({ value }) => value === search.get('days'))?.value ?? '7';
  const guild = search.get('server') ?? '';
  const choose = (name: 'days' | 'server', value: string) =>
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        next.set(name, value);
        return next;
      },
      { replace: true },
    );
  const range = rangeOf(Number(days), guild);
  return (
    <Page
      title="Statistics"
      text="What was played, when, by whom, and what failed."
      actions={<StatisticsFiles range={range} />}
    >
      <div className="statistics-head">
        <SegmentedControl
          aria-label="Time"
          data={[...spans]}
          value={days}
          onChange={(value) => choose('days', value)}
        />
        <NativeSelect
          aria-label="Server"
          value={guild}
          onChange={(event) => choose('server', event.currentTarget.value)}
          data={[
            { value: '', label: 'All servers' },
            ...guilds.map(({ id, name }) => ({ value: id, label: isolated(name) })),
          ]}
        />
      </div>
      <Charts range={range} />
      <Recent />
      <Tops range={range} />
    </Page>
  );
}

function Charts({ range }: { range: StatisticsRange }) {
  const { tenant } = useTenant();
  const read = useQuery({
    ...statisticsQuery(tenant, range),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  if (read.error && !read.data)
    return (
      <div className="card">
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </div>
    );
  if (!read.data) return <RowsSkeleton rows={5} />;
  const { plays, hours } = read.data;
  if (plays.every(({ played, failed }) => played + failed === 0))
    return (
      <div className="card">
        <EmptyState
          icon={<IconChartBar />}
          title="Nothing was played"
          text="Once the bot plays music, this page shows when, and how much of it."
        />
      </div>
    );
  return (
    <>
      <PlaysChart plays={plays} by={range.by} />
      <HoursMap hours={hours} />
      <Quality counts={read.data} />
    </>
  );
}

const faults: Readonly<Record<Counts['failures'][number]['fault'], string>> = {
  unplayable: 'Could not be played',
  undelivered: 'The source did not deliver it',
  stalled: 'The source stopped delivering it',
  refused: 'The music server refused it',
  unreadable: "The music server's description of it was invalid",
  other: 'Another reason',
};

const seconds = (ms: number | null): string => (ms === null ? 'longer than 30 s' : `within ${ms / 1_000} s`);

/** What failed, and how soon music was heard. */
function Quality({ counts: { failures, starts, plays } }: { counts: Counts }) {
  const [count] = useState(() => new Intl.NumberFormat());
  const played = plays.reduce((sum, each) => sum + each.played, 0);
  return (
    <Section title="Quality" text="How soon music is heard once it is a track's turn, and tracks that failed.">
      <div className="card rows">
        {played > 0 && (
          <div className="row">
            <span className="row-words">
              <span className="row-title">Heard {seconds(starts.p50Ms)}</span>
              <span className="row-text">half of the tracks; 95 of 100 {seconds(starts.p95Ms)}</span>
            </span>
          </div>
        )}
        {failures.map(({ fault, tracks }) => (
          <div className="row" key={fault}>
            <span className="row-words">
              <span className="row-title">{faults[fault]}</span>
            </span>
            <span className="tabular">{count.format(tracks)} failed</span>
          </div>
        ))}
        {failures.length === 0 && <div className="row dimmed">No track failed.</div>}
      </div>
    </Section>
  );
}
