import { Button, Skeleton } from '@mantine/core';
import { IconArrowRight, IconBrandDiscord, IconCpu, IconPlugConnected, IconServer } from '@tabler/icons-react';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { address } from '../../api/address.ts';
import { useEvents } from '../../api/events.ts';
import { guildsQuery, tenantQuery } from '../../api/queries.ts';
import type { Instance, PlayerSummary, Session, TenantEvents, TenantState } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { GuildIcon } from '../../parts/guild-icon.tsx';
import { NoServers } from '../../parts/no-servers.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { playersKey, takePlayer, type Players } from '../live/players.ts';
import { NowPlaying } from '../live/now-playing.tsx';

/** Is the bot well, why not, and what plays where. */
export default function Overview() {
  const { tenant, name, can } = useTenant();
  const client = useQueryClient();
  const state = useQuery(tenantQuery(tenant));
  const guilds = useQuery(guildsQuery(tenant));
  const players = useQuery<Players>({ queryKey: playersKey(tenant), queryFn: skipToken }).data ?? {};
  const { queryKey } = tenantQuery(tenant);
  const patch = (change: Partial<TenantState>) => {
    const before = client.getQueryData<TenantState>(queryKey);
    if (!before) return;
    client.setQueryData<TenantState>(queryKey, { ...before, ...change });
    const { session, instance } = { ...before, ...change };
    if (session?.status === before.session?.status && instance?.state === before.instance?.state) return;
    // What follows from it, such as why it was stopped and where the bot is, only the api can tell.
    void client.invalidateQueries({ queryKey });
    void client.invalidateQueries({ queryKey: guildsQuery(tenant).queryKey });
  };
  useEvents<TenantEvents>(address('/v1/tenants/{tenant}/live', { path: { tenant } }), {
    player: ({ player }) => takePlayer(client, tenant, player),
    instance: (instance) => patch({ instance }),
    session: (session) => patch({ session }),
  });
  const { data } = state;
  return (
    <Page
      title={name}
      tab={`Overview of ${name}`}
      text={data ? <Summary state={data} /> : <Skeleton height={16} width={260} radius="sm" mt={6} />}
      actions={
        data && data.tenant.applicationId === null && can('tenant.update') ? (
          <Button
            component={Link}
            href={`/t/${tenant}/onboarding`}
            rightSection={<IconArrowRight size={18} aria-hidden />}
          >
            Bring the bot
          </Button>
        ) : undefined
      }
    >
      {state.error && !data && (
        <div className="card">
          <ErrorState error={state.error} retry={() => void state.refetch()} />
        </div>
      )}
      {!state.error && <Stats state={data} />}
      {can('player.read') && (
        <Section title="What plays where">
          {guilds.error ? (
            <div className="card">
              <ErrorState error={guilds.error} retry={() => void guilds.refetch()} />
            </div>
          ) : !guilds.data ? (
            <RowsSkeleton rows={3} height={72} />
          ) : guilds.data.length === 0 ? (
            <div className="card">
              <NoServers
                icon={<IconBrandDiscord />}
                text="As soon as somebody invites the bot, its servers appear here with what plays in them."
              />
            </div>
          ) : (
            <div className="card rows">
              {guilds.data.map((guild) => {
                const player: PlayerSummary | null = players[guild.id] ?? guild.player;
                return (
                  <Link key={guild.id} href={`/t/${tenant}/live/${guild.id}`} className="row">
                    <GuildIcon name={guild.name} iconUrl={guild.iconUrl} />
                    <span className="row-words">
                      <bdi className="row-title">{guild.name}</bdi>
                      <NowPlaying player={player} />
                    </span>
                    <span className="row-end">
                      <PlayerStatus player={player} />
                    </span>
                  </Link>
                );
              })}
            </div>
          )}
        </Section>
      )}
      {data?.instance && data.instance.layers.length > 0 && (
        <Section title="What confines its process" text="All that is in force on the machine that it runs on.">
          <div className="tags">
            {data.instance.layers.map((layer) => (
              <span key={layer} className="tag">
                {layer.replaceAll('-', ' ')}
              </span>
            ))}
          </div>
        </Section>
      )}
    </Page>
  );
}

const playerWords: Readonly<Record<PlayerSummary['state'], [Tone, string]>> = {
  playing: ['good', 'Plays'],
  paused: ['warn', 'Paused'],
  waiting: ['accent', 'Waits'],
  idle: ['quiet', 'Quiet'],
};

export function PlayerStatus({ player }: { player: PlayerSummary | null }) {
  const [tone, word] = playerWords[player?.state ?? 'idle'];
  return <Status tone={tone}>{word}</Status>;
}

function Summary({ state }: { state: TenantState }) {
  const { tenant, session, instance, ready } = state;
  if (tenant.status === 'suspended')
    return (
      <>
        <Status tone="bad">Suspended</Status> {tenant.reason}
      </>
    );
  if (tenant.status === 'deleting') return <Status tone="bad">Being deleted</Status>;
  if (ready) return <Status tone="good">Answers its members</Status>;
  if (tenant.applicationId === null) return <Status tone="quiet">Has no bot yet</Status>;
  const why = session?.reason ?? instance?.reason;
  return (
    <>
      <Status tone="warn">Not ready</Status> {why}
    </>
  );
}

const sessionWords: Readonly<Record<Session['status'], [string, string]>> = {
  none: ['Not connected', 'There is no session at Discord.'],
  connecting: ['Connecting', 'Discord is being asked for a session.'],
  connected: ['Connected', ''],
  failed: ['Refused', ''],
};

const instanceWords: Readonly<Record<Instance['state'], string>> = {
  stopped: 'Stopped',
  starting: 'Starting',
  ready: 'Running',
  degraded: 'Running, not well',
  'backing-off': 'Waits to restart',
  failed: 'Failed',
};

const count = (number: number, what: string): string => `${number} ${number === 1 ? what : `${what}s`}`;

function Stats({ state }: { state: TenantState | undefined }) {
  const { session, instance } = state ?? {};
  const [connection, text] = session ? sessionWords[session.status] : ['Not known', 'The edge cannot be asked.'];
  return (
    <div className="grid stats" aria-busy={!state}>
      <Stat
        icon={<IconBrandDiscord size={16} aria-hidden />}
        label="Discord"
        value={state && connection}
        text={session?.reason ?? (text || count(session?.guilds ?? 0, 'server'))}
      />
      <Stat
        icon={<IconPlugConnected size={16} aria-hidden />}
        label="Latency"
        value={state && (session?.latencyMs === undefined ? '–' : `${Math.round(session.latencyMs)} ms`)}
        text="From here to Discord's gateway"
      />
      <Stat
        icon={<IconServer size={16} aria-hidden />}
        label="Bot process"
        value={state && (instance ? instanceWords[instance.state] : 'Not known')}
        text={instance?.reason ?? count(instance?.restarts ?? 0, 'restart')}
      />
      <Stat
        icon={<IconCpu size={16} aria-hidden />}
        label="Confinement"
        value={state && (instance ? count(instance.layers.length, 'layer') : '–')}
        text="Between its process and the rest"
      />
    </div>
  );
}

function Stat(props: { icon: React.ReactNode; label: string; value: string | undefined; text: string }) {
  return (
    <div className="card stat">
      <span className="stat-label">
        {props.icon} {props.label}
      </span>
      {props.value === undefined ? (
        <Skeleton height={24} width={110} my={4} radius="sm" />
      ) : (
        <span className="stat-value">{props.value}</span>
      )}
      <span className="stat-text">{props.value === undefined ? ' ' : props.text}</span>
    </div>
  );
}
