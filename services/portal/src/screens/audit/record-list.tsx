import { Button } from '@mantine/core';
import { IconChevronRight, IconFileSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { address } from '../../api/address.ts';
import { useEvents, type StreamState } from '../../api/events.ts';
import { auditQuery } from '../../api/queries.ts';
import type { AuditEvents, SealedRecord } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { useMemberNames } from '../../app/member-names.ts';
import { usePeople } from '../../app/people.ts';
import { LoadMore } from '../../parts/load-more.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Ago } from '../../parts/time.tsx';
import { RecordDrawer } from './record-drawer.tsx';
import { RecordRow } from './record-row.tsx';
import { folded, membersIn, queryOf, withoutRetold, type Called, type ShownFilters } from './records.ts';

/** The most new records kept while following; the older ones are listed again after a reload. */
const maxFollowed = 200;
/**
 * Pages are loaded until there are this many rows, but at most this many pages: folding and filtering may leave few
 * rows of a page.
 */
const rowsAtFirst = 15;
const pagesAtFirst = 6;

interface Listed {
  readonly filters: ShownFilters;
  readonly following: boolean;
  readonly setStream: (state: StreamState) => void;
  readonly change: (filters: ShownFilters) => void;
}

/** The records that match the filters, newest first, with new ones as they arrive. */
export function RecordList({ filters, following, setStream, change }: Listed) {
  const [opened, setOpened] = useState<SealedRecord>();
  const { pages, all } = useRecords(filters, following, setStream);
  const called: Called = { people: usePeople(), member: useMemberNames(membersIn(all ?? [])) };
  // With a filter by action or actor, each record is of interest, so nothing is folded.
  const asksForOne = filters.action !== undefined || filters.actor !== undefined;
  const rows = all && (asksForOne ? withoutRetold(all) : folded(withoutRetold(all)));
  useEffect(() => {
    const few = rows !== undefined && rows.length < rowsAtFirst && (pages.data?.pages.length ?? 0) < pagesAtFirst;
    if (few && pages.hasNextPage && !pages.isFetching && !pages.isFetchNextPageError) void pages.fetchNextPage();
  });
  if (pages.error && !all)
    return (
      <div className="card">
        <ErrorState error={pages.error} retry={() => void pages.refetch()} />
      </div>
    );
  if (!all) return <RowsSkeleton rows={8} height={60} />;
  if (all.length === 0 && !pages.hasNextPage)
    return <Nothing filters={filters} showEverything={() => change({ ...filters, show: 'everything' })} />;
  return (
    <>
      <div className="card rows">
        {rows?.map((row) =>
          'upkeep' in row ? (
            <Upkeep key={row.upkeep.at(-1)?.index} records={row.upkeep} called={called} open={setOpened} />
          ) : (
            <RecordRow key={row.index} sealed={row} called={called} open={() => setOpened(row)} />
          ),
        )}
        <LoadMore {...pages} />
      </div>
      <RecordDrawer
        sealed={opened}
        called={called}
        close={() => setOpened(undefined)}
        onlyActor={(actor) => change({ ...filters, actor })}
      />
    </>
  );
}

function useRecords(filters: ShownFilters, following: boolean, setStream: (state: StreamState) => void) {
  const { tenant } = useTenant();
  const [followed, setFollowed] = useState<readonly SealedRecord[]>([]);
  const query = queryOf(filters);
  const pages = useInfiniteQuery(auditQuery(tenant, query));
  const { from: _from, to: _to, ...live } = query;
  const after = pages.data?.pages[0]?.items[0]?.index;
  const path = address('/v1/tenants/{tenant}/audit/stream', { path: { tenant }, query: { ...live, after } });
  const stream = useEvents<AuditEvents>(following && pages.data ? path : undefined, {
    record: (record) => setFollowed((known) => [record, ...known].slice(0, maxFollowed)),
  });
  useEffect(() => setStream(stream), [stream, setStream]);
  const listed = pages.data?.pages.flatMap(({ items }) => items);
  const known = new Set(listed?.map(({ index }) => index));
  return { pages, all: listed && [...followed.filter(({ index }) => !known.has(index)), ...listed] };
}

function Nothing({ filters, showEverything }: { filters: ShownFilters; showEverything: () => void }) {
  const hidden = filters.show !== 'everything';
  return (
    <div className="card">
      <EmptyState
        icon={<IconFileSearch />}
        title="Nothing matches"
        text={
          hidden
            ? 'No action by a person matches these filters. Actions of the platform itself are not shown.'
            : 'No record matches these filters. New records appear within a second.'
        }
        {...(hidden && {
          action: (
            <Button variant="default" onClick={showEverything}>
              Show everything
            </Button>
          ),
        })}
      />
    </div>
  );
}

/** What the platform did by itself, shown on demand. */
function Upkeep(props: { records: readonly SealedRecord[]; called: Called; open: (sealed: SealedRecord) => void }) {
  const { records, called, open } = props;
  const [shown, setShown] = useState(false);
  const oldest = records.at(-1)?.record?.time;
  return (
    <>
      <button type="button" className="row record upkeep" onClick={() => setShown(!shown)} aria-expanded={shown}>
        <IconChevronRight size={18} aria-hidden className="upkeep-icon" />
        <span className="row-words">
          <span className="row-text">{records.length} routine actions of the platform</span>
        </span>
        <span className="row-text">{oldest && <Ago at={oldest} />}</span>
      </button>
      {shown &&
        records.map((sealed) => (
          <RecordRow key={sealed.index} sealed={sealed} called={called} open={() => open(sealed)} />
        ))}
    </>
  );
}
