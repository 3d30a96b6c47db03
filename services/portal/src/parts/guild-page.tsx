import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Redirect, useLocation } from 'wouter';
import { guildsQuery } from '../api/queries.ts';
import type { GuildSummary } from '../api/types.ts';
import { useTenant } from '../app/access.ts';
import { beforeLeaving } from '../app/leaving.ts';
import { isolated } from './names.ts';
import { NoServers } from './no-servers.tsx';
import { Page } from './page.tsx';
import { ErrorState, RowsSkeleton } from './states.tsx';

export interface GuildPageProps {
  readonly title: string;
  /** Of the browser's tab, by default the title. */
  readonly tab?: (guild: GuildSummary) => string;
  readonly text: string;
  /** By default the text. */
  readonly textOf?: (guild: GuildSummary) => ReactNode;
  /** The page's part of the path, before the server's id. */
  readonly path: string;
  readonly guild: string | undefined;
  /** Which server is shown first; by default the first. */
  readonly first?: (guilds: readonly GuildSummary[]) => GuildSummary | undefined;
  readonly empty: { readonly icon: ReactNode; readonly text: string };
  readonly actions?: ReactNode;
  readonly children: (guild: string) => ReactNode;
}

/** A page about one server, which can be chosen. */
export function GuildPage(props: GuildPageProps) {
  const { title, tab, text, textOf, path, guild, first = ([one]) => one, empty, actions, children } = props;
  const { tenant } = useTenant();
  const [, navigate] = useLocation();
  const guilds = useQuery(guildsQuery(tenant));
  const address = (id: string) => `/t/${tenant}/${path}/${id}`;
  const start = guild === undefined && guilds.data ? first(guilds.data) : undefined;
  if (start) return <Redirect to={address(start.id)} replace />;
  const here = guilds.data?.find(({ id }) => id === guild);
  return (
    <Page
      title={title}
      tab={here && tab ? tab(here) : title}
      text={here && textOf ? textOf(here) : text}
      actions={
        guilds.data && guilds.data.length > 0 ? (
          <>
            {guilds.data.length > 1 && (
              <NativeSelect
                aria-label="Server"
                value={guild ?? ''}
                onChange={({ currentTarget: { value } }) => beforeLeaving(() => navigate(address(value)))}
                data={guilds.data.map(({ id, name }) => ({ value: id, label: isolated(name) }))}
              />
            )}
            {actions}
          </>
        ) : undefined
      }
    >
      {guilds.error && !guilds.data ? (
        <div className="card">
          <ErrorState error={guilds.error} retry={() => void guilds.refetch()} />
        </div>
      ) : guild !== undefined ? (
        children(guild)
      ) : guilds.data ? (
        <div className="card">
          <NoServers {...empty} />
        </div>
      ) : (
        <RowsSkeleton rows={5} />
      )}
    </Page>
  );
}
