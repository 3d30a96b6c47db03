import { Menu } from '@mantine/core';
import { IconFileTypeCsv, IconFileZip, IconJson, IconShieldSearch } from '@tabler/icons-react';
import { address } from '../../api/address.ts';
import type { AuditFilters } from '../../api/types.ts';
import { Download, DownloadMenu } from '../../parts/download-menu.tsx';

/** Exports the filtered log. */
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
    <DownloadMenu label="Export" width={290}>
      {searched && <Menu.Label>The search does not narrow an export; the filters do.</Menu.Label>}
      <Menu.Label>With proofs, verifies offline</Menu.Label>
      <Download href={href({ format: 'ndjson' })} icon={<IconJson size={18} />}>
        NDJSON
      </Download>
      <Download href={href({ format: 'ndjson', gzip: 'true' })} icon={<IconFileZip size={18} />}>
        NDJSON, gzip
      </Download>
      <Menu.Label>For other tools</Menu.Label>
      <Download href={href({ format: 'csv' })} icon={<IconFileTypeCsv size={18} />}>
        CSV, for spreadsheets
      </Download>
      <Download href={href({ format: 'ocsf' })} icon={<IconShieldSearch size={18} />}>
        OCSF, for a SIEM
      </Download>
    </DownloadMenu>
  );
}
