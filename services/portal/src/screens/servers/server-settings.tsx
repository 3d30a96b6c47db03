import { IconAdjustments } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTenant } from '../../app/access.ts';
import { guildQuery, guildSettingsQuery } from '../../api/queries.ts';
import { GuildPage } from '../../parts/guild-page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { SettingsForm } from './settings-form.tsx';

/** How the bot behaves in one server, to be seen and changed. */
export default function ServerSettings({ guild }: { guild?: string }) {
  return (
    <GuildPage
      title="Server settings"
      tab={({ name }) => `Settings of ${name}`}
      text="How the bot behaves in each server."
      textOf={({ name }) => (
        <>
          How the bot behaves in <bdi>{name}</bdi>. Whoever manages the server can change the same with /settings.
        </>
      )}
      path="servers"
      guild={guild}
      empty={{ icon: <IconAdjustments />, text: 'Settings are made for the servers that the bot is in.' }}
    >
      {(id) => <OfServer key={id} guild={id} />}
    </GuildPage>
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
