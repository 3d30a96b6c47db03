import { Button, SegmentedControl, Slider, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { timelineEventsQuery } from '../../api/queries.ts';
import type { TimelineEvent } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { instantOf, localOf } from '../../parts/time.tsx';

const hourMs = 60 * 60_000;
const spans = [
  { value: '1', label: '1 hour' },
  { value: '6', label: '6 hours' },
  { value: '24', label: '24 hours' },
] as const;
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** Drag to a moment, step from track to track, or enter a time. Without `atMs`: now. */
export function TimeTravel({
  guild,
  atMs,
  go,
}: {
  guild: string;
  atMs: number | undefined;
  go: (toMs: number) => void;
}) {
  const { tenant } = useTenant();
  const [span, setSpan] = useState<string>('6');
  const [now] = useState(Date.now);
  const [end, setEnd] = useState(() => Math.min(now, (atMs ?? now) + hourMs));
  const [dragged, setDragged] = useState<number>();
  const from = end - Number(span) * hourMs;
  const at = dragged ?? Math.min(Math.max(atMs ?? end, from), end);
  const range = { from: new Date(from).toISOString(), to: new Date(end).toISOString() };
  const starts = useQuery(timelineEventsQuery(tenant, guild, range)).data?.filter(isStart) ?? [];
  const before = starts.findLast((event) => Date.parse(event.at) < at - 1);
  const after = starts.find((event) => Date.parse(event.at) > at);
  /** Moves the window if the moment is outside. */
  const jump = (toMs: number) => {
    if (toMs < from || toMs > end) setEnd(Math.min(now, toMs + hourMs));
    go(toMs);
  };
  return (
    <section className="card timeline" aria-label="Moment">
      <div className="timeline-head">
        <TextInput
          type="datetime-local"
          label="Moment"
          step={1}
          value={localOf(new Date(at).toISOString())}
          onChange={(event) => {
            const instant = instantOf(event.currentTarget.value);
            if (instant !== '') jump(Date.parse(instant));
          }}
        />
        <SegmentedControl aria-label="Length of the timeline" data={[...spans]} value={span} onChange={setSpan} />
        <Button variant="default" disabled={!before} onClick={() => before && jump(Date.parse(before.at))}>
          Previous track
        </Button>
        <Button variant="default" disabled={!after} onClick={() => after && jump(Date.parse(after.at))}>
          Next track
        </Button>
      </div>
      <Slider
        min={from}
        max={end}
        step={1_000}
        value={at}
        onChange={setDragged}
        onChangeEnd={(toMs) => {
          setDragged(undefined);
          go(toMs);
        }}
        label={(ms) => time.format(ms)}
        thumbLabel="Moment"
        thumbProps={{ 'aria-valuetext': time.format(at) }}
        marks={starts.map((event) => ({ value: Date.parse(event.at) }))}
      />
    </section>
  );
}

const isStart = ({ type }: TimelineEvent): boolean => type === 'TrackStarted';
