import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { address } from '../../api/address.ts';
import type { StatisticsRange } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';

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
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />}>
          CSV
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {tables.map(([table, label]) => (
          <Menu.Item
            key={table}
            component="a"
            download
            href={address('/v1/tenants/{tenant}/statistics/export', { path: { tenant }, query: { ...range, table } })}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
