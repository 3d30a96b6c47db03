import type { GuildKey } from './ports.ts';
import type { ListKey } from './track-lists.ts';

/** Of the names of the lists that have what was played in a server on a day. The worker deletes them after ninety days. */
export const dayPrefix = 'played-';
/** @param day such as `2026-11-30`, of UTC */
export const listOfDay = (day: string): string => `${dayPrefix}${day}`;
export const dayAt = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
/** What was played in a server on the day of a time. */
export const dayOf = ({ tenant, guild }: GuildKey, atMs: number): ListKey => ({
  tenant,
  owner: guild,
  list: listOfDay(dayAt(atMs)),
});
