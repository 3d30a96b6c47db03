import { NativeSelect } from '@mantine/core';
import { IconTimeline } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Redirect, useLocation, useSearchParams } from 'wouter';
import { guildsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { isolated } from '../../parts/names.ts';
import { NoServers } from '../../parts/no-servers.tsx';
import { Page } from '../../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Then } from './then.tsx';
import { TimeTravel } from './time-travel.tsx';

/** One server at any moment: what played, who had asked for it, the policy, and what had just been denied. */
export default function Timeline({ guild }: { guild?: string }) {
  const { tenant } = useTenant();
  const [, navigate] = useLocation();
  const guilds = useQuery(guildsQuery(tenant));
  const first = guilds.data?.[0];
  if (first && guild === undefined) return <Redirect to={`/t/${tenant}/timeline/${first.id}`} replace />;
  return (
    <Page
      title="Timeline"
      text="A server as it was at any moment of the last 90 days."
      actions={
        guilds.data && guilds.data.length > 1 ? (
          <NativeSelect
            aria-label="Server"
            value={guild ?? ''}
            onChange={(event) => navigate(`/t/${tenant}/timeline/${event.currentTarget.value}`)}
            data={guilds.data.map(({ id, name }) => ({ value: id, label: isolated(name) }))}
          />
        ) : undefined
      }
    >
      {guilds.error && !guilds.data ? (
        <div className="card">
          <ErrorState error={guilds.error} retry={() => void guilds.refetch()} />
        </div>
      ) : !guilds.data ? (
        <RowsSkeleton rows={5} />
      ) : guild === undefined ? (
        <div className="card">
          <NoServers
            icon={<IconTimeline />}
            text="Once the bot is added to a server, what happened there is shown here."
          />
        </div>
      ) : (
        <OfGuild key={guild} guild={guild} />
      )}
    </Page>
  );
}

/** The moment is in the URL, so that it can be shared. */
function OfGuild({ guild }: { guild: string }) {
  const [search, setSearch] = useSearchParams();
  const given = Date.parse(search.get('at') ?? '');
  const atMs = Number.isNaN(given) ? undefined : given;
  return (
    <>
      <TimeTravel
        guild={guild}
        atMs={atMs}
        go={(toMs) => setSearch(new URLSearchParams({ at: new Date(toMs).toISOString() }), { replace: true })}
      />
      <Then guild={guild} atMs={atMs} />
    </>
  );
}
