import { IconPlaylistX } from '@tabler/icons-react';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useEvents } from '../../api/events.ts';
import { address } from '../../api/address.ts';
import { api, valueOf } from '../../api/client.ts';
import type { TenantEvents } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { AddToServer } from '../../parts/add-to-server.tsx';
import { GuildPage } from '../../parts/guild-page.tsx';
import { RoleNeeded } from '../../parts/role-needed.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Status } from '../../parts/status.tsx';
import { Deck } from './deck.tsx';
import { playersKey, takePlayer, type Players } from './players.ts';
import { Queue } from './queue.tsx';

/** What is playing in one server and what comes next, updated live, with controls. */
export default function Live({ guild }: { guild?: string }) {
  return (
    <GuildPage
      title="Live queue"
      text="What is playing in each server, live."
      textOf={({ name }) => (
        <>
          What is playing in <bdi>{name}</bdi>, live.
        </>
      )}
      path="live"
      guild={guild}
      first={(guilds) => guilds.find(({ player }) => player && player.state !== 'idle') ?? guilds[0]}
      empty={{
        icon: <IconPlaylistX />,
        text: 'Once the bot is added to a server, what is playing there is shown here.',
      }}
      actions={<AddToServer />}
    >
      {(id) => <LiveGuild key={id} guild={id} />}
    </GuildPage>
  );
}

function LiveGuild({ guild }: { guild: string }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const [isCurrent, setCurrent] = useState(false);
  const stream = useEvents<TenantEvents>(address('/v1/tenants/{tenant}/live', { path: { tenant } }), {
    player: ({ player }) => takePlayer(client, tenant, player),
    // False while the api itself cannot follow the players: the page may then be out of date.
    players: ({ current }) => setCurrent(current),
  });
  const read = useQuery({
    queryKey: ['player', tenant, guild],
    queryFn: async ({ signal }) => {
      const params = { path: { tenant, guild } };
      const player = await valueOf(api.GET('/v1/tenants/{tenant}/guilds/{guild}/player', { signal, params }));
      takePlayer(client, tenant, player);
      return player;
    },
  });
  const told = useQuery<Players>({ queryKey: playersKey(tenant), queryFn: skipToken }).data?.[guild];
  const player = told ?? read.data;
  if (read.error && !player)
    return (
      <div className="card">
        <ErrorState error={read.error} retry={() => void read.refetch()} />
      </div>
    );
  if (!player) return <RowsSkeleton rows={5} />;
  return (
    <div className="live">
      <Deck player={player} />
      <Queue player={player} />
      <RoleNeeded action="player.skip" to="control playback" />
      <div className="live-foot" role="status">
        {stream === 'open' && isCurrent ? <Status tone="good">Live</Status> : <Status tone="warn">Connecting</Status>}
      </div>
    </div>
  );
}
