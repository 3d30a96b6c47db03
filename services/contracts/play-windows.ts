/** Windows of what is played now, which the worker fills and the api reads; what they are made of names nobody. */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Keys: `played`, and how tracks ended: `finished`, `skipped`, `stopped`, `failed`. Values: tracks. */
export const playsByMinute = { name: 'plays-by-minute', everyMs: minuteMs, latenessMs: 10 * minuteMs, mostKeys: 8 };

/** Key: `heard`. Values: milliseconds, of tracks that have ended: one may have begun hours before. */
export const heardByHour = { name: 'heard-by-hour', everyMs: hourMs, latenessMs: 24 * hourMs, mostKeys: 2 };
