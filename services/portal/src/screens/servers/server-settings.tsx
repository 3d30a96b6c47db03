import { NativeSelect } from '@mantine/core';
import { IconAdjustments } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Redirect, useLocation } from 'wouter';
import { beforeLeaving } from '../../app/leaving.ts';
import { useTenant } from '../../app/access.ts';
import { guildQuery, guildSettingsQuery, guildsQuery } from '../../api/queries.ts';
import { isolated } from '../../parts/names.ts';
import { NoServers } from '../../parts/no-servers.tsx';
import { Page } from '../../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { SettingsForm } from './settings-form.tsx';

/** How the bot behaves in one server, to be seen and changed. */
export default function ServerSettings({ guild }: { guild?: string }) {
  const { tenant } = useTenant();
  const [, navigate] = useLocation();
  const guilds = useQuery(guildsQuery(tenant));
  const [first] = guilds.data ?? [];
  if (first && guild === undefined) return <Redirect to={`/t/${tenant}/servers/${first.id}`} replace />;
  const here = guilds.data?.find(({ id }) => id === guild);
  return (
    <Page
      title="Server settings"
      tab={here ? `Settings of ${here.name}` : 'Server settings'}
      text={
        here ? (
          <>
            How the bot behaves in <bdi>{here.name}</bdi>. Whoever manages the server can change the same with
            /settings.
          </>
        ) : (
          'How the bot behaves in each server.'
        )
      }
      actions={
        guilds.data && guilds.data.length > 1 ? (
          <NativeSelect
            aria-label="Server"
            value={guild ?? ''}
            onChange={({ currentTarget: { value } }) => beforeLeaving(() => navigate(`/t/${tenant}/servers/${value}`))}
            data={guilds.data.map(({ id, name }) => ({ value: id, label: isolated(name) }))}
          />
        ) : undefined
      }
    >
      {guilds.error && !guilds.data ? (
        <div className="card">
          <ErrorState error={guilds.error} retry={() => void guilds.refetch()} />
        </div>
      ) : guild !== undefined ? (
        <OfServer key={guild} guild={guild} />
      ) : guilds.data ? (
        <div className="card">
          <NoServers icon={<IconAdjustments />} text="Settings are made for the servers that the bot is in." />
        </div>
      ) : (
        <RowsSkeleton rows={6} height={72} />
      )}
    </Page>
  );
}

function OfServer({ guild }: { guild: string }) {
  const { tenant } = useTenant();
  const details = useQuery(guildQuery(tenant, guild));
  const settings = useQuery(guildSettingsQuery(tenant, guild));
  const error = details.error ?? settings.error;
  if (details.data && settings.data) return <SettingsForm guild={details.data} current={settings.data} />;
  if (!error) return <RowsSkeleton rows={6} height={72} />;
  return (
    <div className="card">
      <ErrorState
        error={error}
        retry={() => {
          void details.refetch();
          void settings.refetch();
        }}
      />
    </div>
  );
}
