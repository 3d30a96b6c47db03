import { z } from 'zod';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';

/** ISO 8601 order: Monday is the first. */
export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const maxZoneLength = 64;
const zoneName = /^[A-Za-z][A-Za-z_]*(?:\/[A-Za-z0-9_+-]+){0,2}$/;
const clockTime = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 18:30');

/**
 * A name of the IANA time zone database, such as `Europe/Berlin`; offsets are not allowed, since they have no daylight
 * saving time.
 */
const zoneSchema = z
  .string()
  .max(maxZoneLength)
  .refine((zone) => zoneName.test(zone) && isKnown(zone), 'must be an IANA time zone such as Europe/Berlin');

function isKnown(zone: string): boolean {
  try {
    return wallClockOf(zone) !== undefined;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * When a rule applies, by local time in that zone. `from` is included and `to` is not; a span that ends earlier than it
 * begins continues into the next day, and its weekday is the one on which it began. When daylight saving time begins or
 * ends, the local time counts: a skipped hour matches nothing, an hour that occurs twice matches both times.
 */
export const whenSchema = z
  .strictObject({
    zone: zoneSchema,
    weekdays: z
      .array(z.enum(weekdays))
      .min(1)
      .max(weekdays.length)
      .refine((days) => new Set(days).size === days.length, 'must not name a day twice')
      .optional(),
    hours: z
      .strictObject({ from: clockTime, to: clockTime })
      .refine(({ from, to }) => from !== to, 'start and end at the same time: omit them for the whole day')
      .optional(),
  })
  .refine((when) => when.weekdays !== undefined || when.hours !== undefined, 'must have weekdays or hours');

export type When = z.infer<typeof whenSchema>;

/** Compiles it into a check for a moment (milliseconds since the epoch), which is cheap to repeat. */
export function during({ zone, weekdays: days, hours }: When): (atMs: number) => boolean {
  const wallClock = wallClockOf(zone);
  return (atMs) => {
    const { weekday, minute } = wallClock(atMs);
    const begun = dayOfSpan(hours, minute, weekday);
    return begun !== undefined && (days === undefined || days.includes(begun));
  };
}

/** Local time: the day as an index of `weekdays`, and the minute of the day. */
interface WallTime {
  readonly weekday: number;
  readonly minute: number;
}

/** There are some 600 zones; a formatter takes longer to make than a decision, and tens of KiB. */
const maxClocks = 1_000;
const clocks = new BoundedMap<string, (atMs: number) => WallTime>(maxClocks);

/** @throws RangeError if there is no such zone */
function wallClockOf(timeZone: string): (atMs: number) => WallTime {
  const known = clocks.get(timeZone, 0);
  if (known) return known;
  const clock = createWallClock(timeZone);
  clocks.set(timeZone, clock);
  return clock;
}

/** Remembers the last minute: the rules of a policy ask about the same one. */
function createWallClock(timeZone: string): (atMs: number) => WallTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  let last: { readonly at: number; readonly time: WallTime } | undefined;
  return (atMs) => {
    const at = minuteAt(atMs);
    if (last?.at === at) return last.time;
    const parts = new Map(format.formatToParts(atMs).map(({ type, value }) => [type, value]));
    const weekday = weekdays.indexOf((parts.get('weekday') ?? '').toLowerCase() as (typeof weekdays)[number]);
    last = { at, time: { weekday, minute: minuteOf(`${parts.get('hour')}:${parts.get('minute')}`) } };
    return last.time;
  };
}

/** The weekday on which the span around this minute began; undefined outside. */
function dayOfSpan(hours: When['hours'], minute: number, today: number): (typeof weekdays)[number] | undefined {
  if (!hours) return weekdays[today];
  const [from, to] = [minuteOf(hours.from), minuteOf(hours.to)];
  if (from < to) return minute >= from && minute < to ? weekdays[today] : undefined;
  if (minute >= from) return weekdays[today];
  return minute < to ? weekdays.at(today - 1) : undefined;
}

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Local time changes only with the minute, in every zone: an answer that depends on hours is valid for that long. */
export const minuteAt = (atMs: number): number => Math.floor(atMs / 60_000);
