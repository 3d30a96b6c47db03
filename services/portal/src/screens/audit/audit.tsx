import { SegmentedControl, Switch } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { useTenant } from '../../app/access.ts';
import { Page } from '../../parts/page.tsx';
import { Status } from '../../parts/status.tsx';
import type { StreamState } from '../../api/events.ts';
import { ExportMenu } from './export-menu.tsx';
import { FilterBar } from './filter-bar.tsx';
import { RecordList } from './record-list.tsx';
import { exportedOf, type ShownFilters } from './records.ts';

const filterNames = ['from', 'to', 'actor', 'guild', 'action', 'outcome', 'kind', 'text', 'show'] as const;

/**
 * What happened, who did it, and why it was allowed or denied; by default only what people did. The filters are in the
 * URL, so that they can be shared.
 */
export default function Audit() {
  const { tenant } = useTenant();
  const [search, setSearch] = useSearchParams();
  const [following, setFollowing] = useState(false);
  const [stream, setStream] = useState<StreamState>('connecting');
  const filters = Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = search.get(name);
      return value ? [[name, value]] : [];
    }),
  ) as ShownFilters;
  const change = (wanted: ShownFilters) =>
    setSearch(new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)));
  const { show, ...narrowed } = filters;
  return (
    <Page
      title="Audit log"
      text="Every decision and every change, in a tamper-evident log. Anyone can verify an export offline, without this platform."
      wide
      actions={<ExportMenu tenant={tenant} filters={exportedOf(filters)} searched={filters.text !== undefined} />}
    >
      <FilterBar filters={narrowed} change={(wanted) => change({ ...wanted, ...(show ? { show } : {}) })} />
      <div className="follow">
        <SegmentedControl
          aria-label="Records to show"
          value={show ?? 'people'}
          onChange={(wanted) => change(wanted === 'everything' ? { ...narrowed, show: 'everything' } : narrowed)}
          data={[
            { value: 'people', label: 'Actions by people' },
            { value: 'everything', label: 'Everything' },
          ]}
        />
        <Switch
          label="Follow live"
          checked={following}
          onChange={(event) => setFollowing(event.currentTarget.checked)}
        />
        {following && (
          <Status tone={stream === 'open' ? 'good' : 'warn'}>{stream === 'open' ? 'Live' : 'Connecting'}</Status>
        )}
      </div>
      <RecordList key={JSON.stringify(filters)} {...{ filters, following, setStream, change }} />
    </Page>
  );
}
