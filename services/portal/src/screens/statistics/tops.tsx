import { useQuery, keepPreviousData } from '@tanstack/react-query';
import { topsQuery } from '../../api/queries.ts';
import type { StatisticsRange } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { useMemberNames } from '../../app/member-names.ts';
import { Section } from '../../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Day } from '../../parts/time.tsx';
import { TopTracks } from './top-tracks.tsx';

const shown = 10;

/** What was played most, and who asked for most of it. */
export function Tops({ range: { from, to, guild } }: { range: StatisticsRange }) {
  const { tenant } = useTenant();
  const asked = { from, to, ...(guild === undefined ? {} : { guild }) };
  const read = useQuery({ ...topsQuery(tenant, asked), placeholderData: keepPreviousData });
  const members = read.data?.members.slice(0, shown) ?? [];
  const named = useMemberNames(members);
  if (read.error && !read.data)
    return (
      <div className="card">
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </div>
    );
  if (!read.data) return <RowsSkeleton rows={4} />;
  const { tracks, since } = read.data;
  if (tracks.length === 0) return null;
  return (
    <>
      {Date.parse(since) > Date.parse(from) && (
        <p className="dimmed">
          There is too much to count all of it; counted since <Day at={since} />.
        </p>
      )}
      <Section title="Most played" text="By days in UTC.">
        <TopTracks tracks={tracks.slice(0, shown)} />
      </Section>
      <Section
        title="Who asked for most"
        text="Members who do not want to be counted are not listed; they choose that with /top counting in Discord."
      >
        {members.length === 0 ? (
          <p className="dimmed">Nobody.</p>
        ) : (
          <ol className="card rows queue">
            {members.map(({ guild: server, user, plays }, index) => (
              <li key={user} className="row">
                <span className="queue-number">{index + 1}</span>
                <span className="row-words">
                  <bdi className="row-title ellipsis" title={user}>
                    {named(server, user) ?? `Member ${user}`}
                  </bdi>
                </span>
                <span className="dimmed tabular nowrap">{plays} ×</span>
              </li>
            ))}
          </ol>
        )}
      </Section>
    </>
  );
}
