import { Switch } from '@mantine/core';
import { IconChevronRight, IconFileSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import { actions } from '#policies/actions.ts';
import { address } from '../../api/address.ts';
import { useEvents } from '../../api/events.ts';
import { auditQuery } from '../../api/queries.ts';
import type { AuditEvents, AuditFilters, SealedRecord } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { usePeople } from '../../app/people.ts';
import { LoadMore } from '../../parts/load-more.tsx';
import { Page } from '../../parts/page.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { ExportMenu } from './export-menu.tsx';
import { FilterBar } from './filter-bar.tsx';
import { RecordDrawer } from './record-drawer.tsx';
import { actorWords, folded } from './records.ts';

const tones: Readonly<Record<string, [Tone, string]>> = {
  allowed: ['good', 'Allowed'],
  succeeded: ['good', 'Done'],
  denied: ['bad', 'Denied'],
  failed: ['warn', 'Failed'],
};
/** As many new records are kept while one follows; the older ones are a page below. */
const maxFollowed = 200;
/**
 * A first look finds so many rows, or has looked at so many pages: what is folded or filtered may leave few of a page.
 */
const rowsAtFirst = 15;
const pagesAtFirst = 6;

/**
 * What happened, by whom, and why it was allowed or denied. Filters stand in the address, so that one can share them.
 */
export default function Audit() {
  const { tenant } = useTenant();
  const [search, setSearch] = useSearchParams();
  const filters = Object.fromEntries(
    ['from', 'to', 'actor', 'guild', 'action', 'outcome', 'kind'].flatMap((name) => {
      const value = search.get(name);
      return value ? [[name, value]] : [];
    }),
  ) as AuditFilters;
  const key = JSON.stringify(filters);
  return (
    <Page
      title="Audit log"
      text="Everything that was decided and done. Nobody can change it unnoticed: an export verifies offline, without us."
      wide
      actions={<ExportMenu tenant={tenant} filters={filters} />}
    >
      <FilterBar
        filters={filters}
        change={(wanted) => setSearch(new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)))}
      />
      <Records key={`records${key}`} filters={filters} />
    </Page>
  );
}

function Records({ filters }: { filters: AuditFilters }) {
  const { tenant } = useTenant();
  const [following, setFollowing] = useState(false);
  const [followed, setFollowed] = useState<readonly SealedRecord[]>([]);
  const [opened, setOpened] = useState<SealedRecord>();
  const pages = useInfiniteQuery(auditQuery(tenant, filters));
  const { from: _from, to: _to, ...live } = filters;
  const after = pages.data?.pages[0]?.items[0]?.index;
  const path = address('/v1/tenants/{tenant}/audit/stream', { path: { tenant }, query: { ...live, after } });
  const stream = useEvents<AuditEvents>(following && pages.data ? path : undefined, {
    record: (record) => setFollowed((known) => [record, ...known].slice(0, maxFollowed)),
  });
  const listed = pages.data?.pages.flatMap(({ items }) => items);
  const known = new Set(listed?.map(({ index }) => index));
  // Who asks for an action or somebody wants each record of it.
  const asksForOne = filters.action !== undefined || filters.actor !== undefined;
  const all = listed && [...followed.filter(({ index }) => !known.has(index)), ...listed];
  const rows = all && (asksForOne ? all : folded(all));
  useEffect(() => {
    const few = rows !== undefined && rows.length < rowsAtFirst && (pages.data?.pages.length ?? 0) < pagesAtFirst;
    if (few && pages.hasNextPage && !pages.isFetching && !pages.isFetchNextPageError) void pages.fetchNextPage();
  });
  return (
    <>
      <div className="follow">
        <Switch
          label="Follow live"
          checked={following}
          onChange={(event) => setFollowing(event.currentTarget.checked)}
        />
        {following && (
          <Status tone={stream === 'open' ? 'good' : 'warn'}>{stream === 'open' ? 'Live' : 'Connecting'}</Status>
        )}
      </div>
      {pages.error && !all ? (
        <div className="card">
          <ErrorState error={pages.error} retry={() => void pages.refetch()} />
        </div>
      ) : !all ? (
        <RowsSkeleton rows={8} height={60} />
      ) : all.length === 0 && !pages.hasNextPage ? (
        <div className="card">
          <EmptyState
            icon={<IconFileSearch />}
            title="Nothing matches"
            text="No record fits these filters. A record is here within a second of what it tells of."
          />
        </div>
      ) : (
        <div className="card rows">
          {rows?.map((row) =>
            'upkeep' in row ? (
              <Upkeep key={row.upkeep.at(-1)?.index} records={row.upkeep} open={setOpened} />
            ) : (
              <RecordRow key={row.index} sealed={row} open={() => setOpened(row)} />
            ),
          )}
          <LoadMore {...pages} />
        </div>
      )}
      <RecordDrawer sealed={opened} close={() => setOpened(undefined)} />
    </>
  );
}

/** What the platform did by itself, shown when somebody asks. */
function Upkeep({ records, open }: { records: readonly SealedRecord[]; open: (sealed: SealedRecord) => void }) {
  const [shown, setShown] = useState(false);
  const oldest = records.at(-1)?.record?.time;
  return (
    <>
      <button type="button" className="row record upkeep" onClick={() => setShown(!shown)} aria-expanded={shown}>
        <IconChevronRight size={18} aria-hidden className="upkeep-icon" />
        <span className="row-words">
          <span className="row-text">The platform looked after the bot: {records.length} steps of its own</span>
        </span>
        <span className="row-text">{oldest && <Ago at={oldest} />}</span>
      </button>
      {shown && records.map((sealed) => <RecordRow key={sealed.index} sealed={sealed} open={() => open(sealed)} />)}
    </>
  );
}

function RecordRow({ sealed, open }: { sealed: SealedRecord; open: () => void }) {
  const { record } = sealed;
  const people = usePeople();
  if (!record)
    return (
      <div className="row">
        <span className="row-words">
          <span className="row-title">Entry {sealed.index}</span>
          <span className="row-text">A leaf that is no record of this version</span>
        </span>
      </div>
    );
  const [tone, word] = tones[record.outcome] ?? ['quiet', record.outcome];
  const what = record.command ? `/${record.command}` : record.action;
  const meaning = record.action in actions ? actions[record.action as keyof typeof actions] : record.reason;
  return (
    <button type="button" className="row record" onClick={open} aria-haspopup="dialog">
      <Status tone={tone}>{word}</Status>
      <span className="row-words">
        <span className="row-title">
          <bdi title={(record.onBehalfOf ?? record.actor).id}>{actorWords(record, people)}</bdi>{' '}
          <span className="record-action">{what}</span>
        </span>
        <span className="row-text ellipsis">{meaning}</span>
      </span>
      <span className="row-text">
        <Ago at={record.time} />
      </span>
    </button>
  );
}
