import { csvCell, lineEnd } from '#security/audit/export-csv.ts';
import { faultNames, type Tops } from '#services/contracts/statistics.ts';
import type { PlayCounts } from './play-counts.ts';

/** The tables of the statistics that can be had as a file. */
export const statisticsTables = ['plays', 'hours', 'failures', 'starts', 'tracks', 'members'] as const;
export type StatisticsTable = (typeof statisticsTables)[number];

export const isOfTops = (table: StatisticsTable): table is 'tracks' | 'members' =>
  table === 'tracks' || table === 'members';

/** As CSV (RFC 4180), with a heading; no cell is a formula. */
export function countsFile(table: Exclude<StatisticsTable, 'tracks' | 'members'>, counts: PlayCounts): string {
  switch (table) {
    case 'plays':
      return file(['at', 'played', 'finished', 'skipped', 'stopped', 'failed'], counts.plays);
    case 'hours':
      return file(['weekday', 'hour', 'played'], counts.hours);
    case 'failures':
      return file(
        ['fault', 'tracks'],
        counts.failures.toSorted((one, other) => faultNames.indexOf(one.fault) - faultNames.indexOf(other.fault)),
      );
    case 'starts':
      return file(['withinMs', 'plays'], counts.starts.buckets);
  }
}

export const topsFile = (table: 'tracks' | 'members', tops: Tops): string =>
  table === 'tracks'
    ? file(['title', 'author', 'uri', 'plays'], tops.tracks)
    : file(['guild', 'user', 'plays'], tops.members);

const file = <Row extends object>(columns: readonly (keyof Row & string)[], rows: readonly Row[]): string =>
  [columns.join(','), ...rows.map((row) => columns.map((column) => csvCell(row[column] ?? '')).join(','))]
    .map((line) => line + lineEnd)
    .join('');
