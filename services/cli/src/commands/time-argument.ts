import { InvalidArgumentError } from 'commander';

/**
 * A time as people give it: `21:03`, the last time that it was that late here, or RFC 3339 with or without a time zone.
 * @returns RFC 3339 in UTC
 */
export function pastTime(text: string, nowMs = Date.now()): string {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (clock) {
    const [, hours, minutes, seconds = '0'] = clock;
    const today = new Date(nowMs);
    today.setHours(Number(hours), Number(minutes), Number(seconds), 0);
    // Not 24 hours before: there are longer and shorter days.
    if (today.getTime() > nowMs) today.setDate(today.getDate() - 1);
    return today.toISOString();
  }
  const given = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : undefined;
  if (!given || Number.isNaN(given.getTime()))
    throw new InvalidArgumentError('A time is given as 21:03, or as 2026-11-30T21:03:00Z.');
  return given.toISOString();
}
