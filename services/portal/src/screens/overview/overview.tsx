import { useEffect, useRef } from 'react';
import { Button, Skeleton } from '@mantine/core';
import { IconArrowRight, IconBrandDiscord, IconCpu, IconPlugConnected, IconServer } from '@tabler/icons-react';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { botState } from '#tenants/tenant/bot-state.ts';
import { address } from '../../api/address.ts';
import { useEvents } from '../../api/events.ts';
import { guildsQuery, tenantQuery } from '../../api/queries.ts';
import type { Instance, PlayerSummary, Session, TenantEvents, TenantState } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { AddToServer } from '../../parts/add-to-server.tsx';
import { BotStatus } from '../../parts/bot-status.tsx';
import { GuildIcon } from '../../parts/guild-icon.tsx';
import { NoServers } from '../../parts/no-servers.tsx';
import { Page, Section } from '../../parts/page.tsx';
import { ErrorState, RowsSkeleton } from '../../parts/states.tsx';
import { Status, type Tone } from '../../parts/status.tsx';
import { playersKey, takePlayer, type Players } from '../live/players.ts';
import { NowPlaying } from '../live/now-playing.tsx';
import { UnwellWebhooks } from '../webhooks/unwell-webhooks.tsx';

/** The bot's state, and what is playing in each of its servers. */
export default function Overview() {
  const { tenant, name, can } = useTenant();
  const state = useQuery(tenantQuery(tenant));
  const { data } = state;
  useLiveChanges(tenant);
  useCountedGuilds(tenant, data);
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
            Set up the bot
          </Button>
        ) : (
          // For users who may see the servers, this button is next to them below.
          !can('player.read') && <AddToServer />
        )
      }
    >
      {state.error && !data && (
        <div className="card">
          <ErrorState error={state.error} retry={() => void state.refetch()} />
        </div>
      )}
      {(!state.error || data) && <Stats state={data} />}
      <UnwellWebhooks />
      {can('player.read') && <Playing />}
      {data?.instance && data.instance.layers.length > 0 && <Isolation layers={data.instance.layers} />}
    </Page>
  );
}

/** Keeps what the platform tells of the bot and its players on the screen. */
function useLiveChanges(tenant: string): void {
  const client = useQueryClient();
  const { queryKey } = tenantQuery(tenant);
  const patch = (change: Partial<TenantState>) => {
    const before = client.getQueryData<TenantState>(queryKey);
    if (!before) return;
    const next = { ...before, ...change };
    const state = botState(next);
    client.setQueryData<TenantState>(queryKey, { ...next, state, ready: state.kind === 'ready' });
    const { session, instance } = next;
    if (session?.status === before.session?.status && instance?.state === before.instance?.state) return;
    // Only the api knows the rest, such as who suspended it.
    void client.invalidateQueries({ queryKey });
  };
  useEvents<TenantEvents>(address('/v1/tenants/{tenant}/live', { path: { tenant } }), {
    player: ({ player }) => takePlayer(client, tenant, player),
    instance: (instance) => patch({ instance }),
    session: (session) => patch({ session }),
  });
}

/**
 * Lists the servers again when they are not as many as the bot is in. Either may be known first, and the bot may join or
 * leave one between the two.
 */
function useCountedGuilds(tenant: string, state: TenantState | undefined): void {
  const client = useQueryClient();
  const listed = useQuery(guildsQuery(tenant)).data?.length;
  const counted = state && (state.session?.guilds ?? 0);
  const compared = useRef('');
  useEffect(() => {
    if (counted === undefined || listed === undefined || counted === listed) return;
    // Once for each difference: of thousands of servers, not all are listed.
    const difference = `${tenant} ${counted} ${listed}`;
    if (compared.current === difference) return;
    compared.current = difference;
    void client.invalidateQueries({ queryKey: guildsQuery(tenant).queryKey });
  }, [client, tenant, counted, listed]);
}

/** Each server, and what is playing there. */
function Playing() {
  const { tenant } = useTenant();
  const guilds = useQuery(guildsQuery(tenant));
  const players = useQuery<Players>({ queryKey: playersKey(tenant), queryFn: skipToken }).data ?? {};
  return (
    <Section title="Now playing" actions={(guilds.data?.length ?? 0) > 0 && <AddToServer />}>
      {guilds.error && !guilds.data ? (
        <div className="card">
          <ErrorState error={guilds.error} retry={() => void guilds.refetch()} />
        </div>
      ) : !guilds.data ? (
        <RowsSkeleton rows={3} height={72} />
      ) : guilds.data.length === 0 ? (
        <div className="card">
          <NoServers
            icon={<IconBrandDiscord />}
            text="Once the bot is added to a server, the server appears here with what is playing in it."
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
  );
}

const Isolation = ({ layers }: { layers: Instance['layers'] }) => (
  <Section title="Process isolation" text="The isolation layers in force on the host where it runs.">
    <div className="tags">
      {layers.map((layer) => (
        <span key={layer} className="tag">
          {layer.replaceAll('-', ' ')}
        </span>
      ))}
    </div>
  </Section>
);

const playerWords: Readonly<Record<PlayerSummary['state'], [Tone, string]>> = {
  playing: ['good', 'Playing'],
  paused: ['warn', 'Paused'],
  waiting: ['accent', 'Waiting'],
  idle: ['quiet', 'Idle'],
};

function PlayerStatus({ player }: { player: PlayerSummary | null }) {
  const [tone, word] = playerWords[player?.state ?? 'idle'];
  return <Status tone={tone}>{word}</Status>;
}

function Summary({ state: { state } }: { state: TenantState }) {
  return (
    <>
      <BotStatus state={state} /> {state.sentence}
    </>
  );
}

const count = (number: number, what: string): string => `${number} ${number === 1 ? what : `${what}s`}`;

/** A value and the text below it. */
type Words = readonly [value: string, text: string];
const unknown = (part: string): Words => ['Unknown', `${part} does not answer.`];

function connectionWords(session: Session | null): Words {
  switch (session?.status) {
    case 'none':
      return ['Not connected', 'The bot has no session at Discord.'];
    case 'connecting':
      return ['Connecting', session.reason ?? 'Requesting a session from Discord.'];
    case 'connected':
      return ['Connected', `In ${count(session.guilds, 'server')}`];
    case 'failed':
      return ['Refused', session.reason ?? 'Discord refuses the session.'];
    default:
      return unknown('The Discord edge');
  }
}

const instanceWords: Readonly<Record<Instance['state'], string>> = {
  stopped: 'Stopped',
  starting: 'Starting',
  ready: 'Running',
  degraded: 'Running, with a problem',
  'backing-off': 'Restarting soon',
  failed: 'Failed',
};

function processWords(instance: Instance | null): Words {
  if (!instance) return unknown('The supervisor');
  const { state, reason, restarts } = instance;
  return [
    instanceWords[state],
    reason ?? (state === 'stopped' ? 'No process is running.' : count(restarts, 'restart')),
  ];
}

function confinementWords(instance: Instance | null): Words {
  if (!instance) return unknown('The supervisor');
  return instance.layers.length > 0
    ? [count(instance.layers.length, 'layer'), 'Between its process and the host']
    : ['–', 'No process is running.'];
}

function latencyWords(session: Session | null): Words {
  return session?.status === 'connected' && session.latencyMs !== undefined
    ? [`${Math.round(session.latencyMs)} ms`, "From here to Discord's gateway"]
    : ['–', session?.status === 'connected' ? 'Not measured yet' : 'Measured while connected'];
}

function Stats({ state }: { state: TenantState | undefined }) {
  return (
    <div className="grid stats" aria-busy={!state}>
      <Stat
        icon={<IconBrandDiscord size={16} aria-hidden />}
        label="Discord"
        words={state && connectionWords(state.session)}
      />
      <Stat
        icon={<IconPlugConnected size={16} aria-hidden />}
        label="Latency"
        words={state && latencyWords(state.session)}
      />
      <Stat
        icon={<IconServer size={16} aria-hidden />}
        label="Bot process"
        words={state && processWords(state.instance)}
      />
      <Stat
        icon={<IconCpu size={16} aria-hidden />}
        label="Confinement"
        words={state && confinementWords(state.instance)}
      />
    </div>
  );
}

function Stat({ icon, label, words }: { icon: React.ReactNode; label: string; words: Words | undefined }) {
  return (
    <div className="card stat">
      <span className="stat-label">
        {icon} {label}
      </span>
      {words ? <span className="stat-value">{words[0]}</span> : <Skeleton height={24} width={110} my={4} radius="sm" />}
      <span className="stat-text">{words ? words[1] : ' '}</span>
    </div>
  );
}
