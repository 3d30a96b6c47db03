import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' });
const steps: readonly [number, Intl.RelativeTimeFormatUnit][] = [
  [60, 'second'],
  [60, 'minute'],
  [24, 'hour'],
  [30, 'day'],
  [12, 'month'],
  [Infinity, 'year'],
];

function inWords(then: number, now: number): string {
  let distance = Math.round((then - now) / 1000);
  for (const [size, unit] of steps) {
    if (Math.abs(distance) < size) return relative.format(distance, unit);
    distance = Math.round(distance / size);
  }
  return '';
}

/** The current time in ms since the epoch, updated every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long ago, with the exact time in the user's own time zone as a tooltip. */
export function Ago({ at }: { at: string }) {
  const now = useNow(20_000);
  return (
    <Tooltip label={full.format(new Date(at))}>
      <time dateTime={at} className="nowrap">
        {inWords(Date.parse(at), now)}
      </time>
    </Tooltip>
  );
}

/** The exact time, in the user's time zone. */
export const Moment = ({ at }: { at: string }) => (
  <time dateTime={at} className="nowrap">
    {full.format(new Date(at))}
  </time>
);

export const Day = ({ at }: { at: string }) => (
  <time dateTime={at} className="nowrap">
    {day.format(new Date(at))}
  </time>
);

/** An instant as the value of a `datetime-local` input, in the user's time zone. */
export function localOf(instant: string | undefined): string {
  if (!instant) return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The instant (RFC 3339) of a `datetime-local` value in the user's time zone. */
export const instantOf = (local: string): string => (local === '' ? '' : new Date(local).toISOString());

/** The user's time zone. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** 3:07, or 1:02:09. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const tail = `${String(m).padStart(h > 0 ? 2 : 1, '0')}:${String(s).padStart(2, '0')}`;
  return h > 0 ? `${h}:${tail}` : tail;
}
