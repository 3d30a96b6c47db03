import { address } from '../../api/address.ts';
import type { StatisticsRange } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { Download, DownloadMenu } from '../../parts/download-menu.tsx';

const tables = [
  ['plays', 'Tracks over time'],
  ['hours', 'Busiest hours'],
  ['tracks', 'Most played'],
  ['members', 'Who asked for most'],
  ['failures', 'Failed tracks'],
  ['starts', 'How soon music is heard'],
] as const;

/** Each table as a file for spreadsheets. */
export function StatisticsFiles({ range }: { range: StatisticsRange }) {
  const { tenant } = useTenant();
  return (
    <DownloadMenu label="CSV" width={240}>
      {tables.map(([table, label]) => (
        <Download
          key={table}
          href={address('/v1/tenants/{tenant}/statistics/export', { path: { tenant }, query: { ...range, table } })}
        >
          {label}
        </Download>
      ))}
    </DownloadMenu>
  );
}
