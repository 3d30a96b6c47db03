import { Button, Menu } from '@mantine/core';
import { IconDownload, IconFileTypeCsv, IconFileZip, IconJson, IconShieldSearch } from '@tabler/icons-react';
import { address } from '../../api/address.ts';
import type { AuditFilters } from '../../api/types.ts';

/** Exports the filtered log. The browser downloads it as a stream, so its size does not matter. */
export function ExportMenu(props: {
  tenant: string;
  filters: Omit<AuditFilters, 'by' | 'text'>;
  /** The list is narrowed by a search, which does not apply to an export. */
  searched: boolean;
}) {
  const { tenant, filters, searched } = props;
  const href = (query: { format: 'ndjson' | 'csv' | 'ocsf'; gzip?: 'true' }) =>
    address('/v1/tenants/{tenant}/audit/export', { path: { tenant }, query: { ...filters, ...query } });
  return (
    <Menu position="bottom-end" width={290}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {searched && <Menu.Label>The search does not narrow an export; the filters do.</Menu.Label>}
        <Menu.Label>With proofs, verifies offline</Menu.Label>
        <Menu.Item component="a" href={href({ format: 'ndjson' })} download leftSection={<IconJson size={18} />}>
          NDJSON
        </Menu.Item>
        <Menu.Item
          component="a"
          href={href({ format: 'ndjson', gzip: 'true' })}
          download
          leftSection={<IconFileZip size={18} />}
        >
          NDJSON, gzip
        </Menu.Item>
        <Menu.Label>For other tools</Menu.Label>
        <Menu.Item component="a" href={href({ format: 'csv' })} download leftSection={<IconFileTypeCsv size={18} />}>
          CSV, for spreadsheets
        </Menu.Item>
        <Menu.Item component="a" href={href({ format: 'ocsf' })} download leftSection={<IconShieldSearch size={18} />}>
          OCSF, for a SIEM
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
