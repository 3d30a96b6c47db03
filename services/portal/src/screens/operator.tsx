import { Button, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconBuilding } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, valueOf } from '../api/client.ts';
import { hostedTenantsQuery } from '../api/queries.ts';
import { custodianStateLabels } from '#security/keyring/custodian-state.ts';
import type { Health, HostedTenant } from '../api/types.ts';
import { useMe } from '../app/access.ts';
import { BotStatus } from '../parts/bot-status.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { LoadMore } from '../parts/load-more.tsx';
import { isolated } from '../parts/names.ts';
import { Page, Section } from '../parts/page.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { Ago } from '../parts/time.tsx';
import { done, failed } from '../parts/toast.ts';
import NotFound from './not-found.tsx';
import { Machines } from './machines.tsx';
import { Nodes } from './nodes.tsx';
import { Operators } from './operators.tsx';
import { PlacementDialog } from './placement.tsx';
import { Schedules } from './schedules.tsx';
import { Workflows } from './workflows.tsx';

/** For operators: every tenant, the health of the processes, and the other operators. */
export default function Operator({ part }: { part: string }) {
  const me = useMe();
  if (!me.operator) return <NotFound />;
  if (part === 'tenants') return <Tenants />;
  if (part === 'health') return <PlatformHealth />;
  if (part === 'nodes') return <Nodes />;
  if (part === 'machines') return <Machines />;
  if (part === 'operators') return <Operators />;
  if (part === 'workflows') return <Workflows />;
  if (part === 'schedules') return <Schedules />;
  return <NotFound />;
}

function Tenants() {
  const tenants = useInfiniteQuery({ ...hostedTenantsQuery, refetchInterval: 5_000 });
  const all = tenants.data?.pages.flatMap(({ items }) => items);
  return (
    <Page title="All bots" text="Every tenant of this platform, and the state of its bot.">
      {tenants.error && !all ? (
        <div className="card">
          <ErrorState error={tenants.error} retry={() => void tenants.refetch()} />
        </div>
      ) : !all ? (
        <RowsSkeleton height={72} />
      ) : all.length === 0 ? (
        <div className="card">
          <EmptyState
            icon={<IconBuilding />}
            title="No bots yet"
            text="Bots are listed here once someone adds one."
            action={
              <Button component={Link} href="/tenants/new">
                Add a bot
              </Button>
            }
          />
        </div>
      ) : (
        <div className="card rows">
          {all.map((tenant) => (
            <TenantRow key={tenant.id} tenant={tenant} />
          ))}
          <LoadMore {...tenants} />
        </div>
      )}
    </Page>
  );
}

function TenantRow({ tenant }: { tenant: HostedTenant }) {
  const client = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const [placing, placement] = useDisclosure(false);
  const [reason, setReason] = useState('');
  const settled = () => client.invalidateQueries({ queryKey: hostedTenantsQuery.queryKey });
  const params = { path: { tenant: tenant.id } };
  const suspend = useMutation({
    mutationFn: () => api.POST('/v1/tenants/{tenant}/suspend', { params, body: { reason: reason.trim() } }),
    onSuccess: () => {
      close();
      done(`${isolated(tenant.name)} is suspended`);
    },
    onError: failed,
    onSettled: settled,
  });
  const resume = useMutation({
    mutationFn: () => api.POST('/v1/tenants/{tenant}/resume', { params }),
    onSuccess: () => done(`${isolated(tenant.name)} starts again`),
    onError: failed,
    onSettled: settled,
  });
  return (
    <div className="row wrap">
      <span className="row-words">
        <Link href={`/t/${tenant.id}`} className="text-link">
          <bdi>{tenant.name}</bdi>
        </Link>
        <span className="row-text mono">{tenant.id}</span>
        {tenant.state.kind !== 'ready' && <bdi className="row-text">{tenant.state.sentence}</bdi>}
      </span>
      <span className="row-end">
        <BotStatus state={tenant.state} />
        <Button
          variant="default"
          size="xs"
          onClick={placement.open}
          aria-label={`Where it runs: ${isolated(tenant.name)}`}
        >
          Where it runs
        </Button>
        {tenant.status === 'active' && (
          <Button variant="default" size="xs" onClick={open} aria-label={`Suspend ${isolated(tenant.name)}`}>
            Suspend
          </Button>
        )}
        {tenant.status === 'suspended' && (
          <Button
            variant="default"
            size="xs"
            loading={resume.isPending}
            onClick={() => resume.mutate()}
            aria-label={`Resume ${isolated(tenant.name)}`}
          >
            Resume
          </Button>
        )}
      </span>
      {placing && <PlacementDialog tenant={tenant} close={placement.close} />}
      <Confirm
        opened={asking}
        close={close}
        title={`Suspend ${isolated(tenant.name)}?`}
        text="Its bot stops until an operator resumes it. The owner reads the reason."
        action="Suspend"
        run={() => suspend.mutate()}
        running={suspend.isPending}
      >
        <Textarea
          label="Reason"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={300}
          required
          withAsterisk={false}
          autosize
          minRows={2}
        />
      </Confirm>
    </div>
  );
}

const healthWords: Readonly<Record<string, [Tone, string]>> = {
  healthy: ['good', 'Healthy'],
  degraded: ['warn', 'Degraded'],
  unhealthy: ['bad', 'Unhealthy'],
  unreachable: ['bad', 'Unreachable'],
};
const breakerWords: Readonly<Record<string, [Tone, string]>> = {
  healthy: ['good', 'Closed'],
  degraded: ['warn', 'Open'],
};

const StatusOf = ({ is, words }: { is: string; words: Readonly<Record<string, [Tone, string]>> }) => {
  const [tone, word] = words[is] ?? ['bad', is];
  return <Status tone={tone}>{word}</Status>;
};

/** The overall health in one line, so that nobody has to read the list if all is well. */
function Summary({ processes }: Pick<Health, 'processes'>) {
  const ill = processes.filter(({ status }) => status !== 'healthy').map(({ name }) => name);
  if (ill.length === 0) return <Status tone="good">All {processes.length} processes are healthy</Status>;
  return <Status tone="warn">{`Unhealthy: ${ill.join(', ')}`}</Status>;
}

/** Which process can use its keys, and since when it cannot. */
const Custodians = ({ custodians }: Pick<Health, 'custodians'>) => (
  <Section
    title="Keys"
    text="While a process cannot use its keys, it stores nothing that they protect. Bots that are connected keep playing."
  >
    <div className="card rows">
      {custodians.map(({ process, state, since, message }) => (
        <div className="row" key={process}>
          <span className="row-words">
            <span className="row-title">{process}</span>
            <span className="row-text">
              Since <Ago at={since} />
              {message && `: ${message}`}
            </span>
          </span>
          <Status tone={state === 'works' ? 'good' : 'bad'}>{custodianStateLabels[state]}</Status>
        </div>
      ))}
      {custodians.length === 0 && <p className="row row-text">No process that keeps keys is responding.</p>}
    </div>
  </Section>
);

function PlatformHealth() {
  const { data, error, refetch } = useQuery({
    queryKey: ['operator-health'],
    queryFn: ({ signal }) => valueOf(api.GET('/v1/operator/health', { signal })),
    refetchInterval: 5_000,
  });
  return (
    <Page
      title="Health"
      text="The state of every process, updated every five seconds."
      actions={data && <Summary processes={data.processes} />}
    >
      {error && !data ? (
        <div className="card">
          <ErrorState error={error} retry={() => void refetch()} />
        </div>
      ) : !data ? (
        <RowsSkeleton rows={8} height={56} />
      ) : (
        <>
          <Section title="Processes">
            <div className="card rows">
              {data.processes.map(({ name, status, causes }) => (
                <div className="row" key={name}>
                  <span className="row-words">
                    <span className="row-title">{name}</span>
                    {causes
                      .filter((cause) => cause.status !== 'healthy')
                      .map((cause) => (
                        <span key={cause.name} className="row-text">
                          {cause.name}: {cause.message ?? cause.status}
                        </span>
                      ))}
                  </span>
                  <StatusOf is={status} words={healthWords} />
                </div>
              ))}
            </div>
          </Section>
          <Custodians custodians={data.custodians} />
          <Section
            title="Circuit breakers"
            text="While a circuit breaker is open, gateway-proxy sends no requests to that service."
          >
            <div className="card rows">
              {data.breakers.map(({ upstream, status, message }) => (
                <div className="row" key={upstream}>
                  <span className="row-words">
                    <span className="row-title">{upstream}</span>
                    {message && <span className="row-text">{message}</span>}
                  </span>
                  <StatusOf is={status} words={breakerWords} />
                </div>
              ))}
              {data.breakers.length === 0 && <p className="row row-text">No requests have been sent yet.</p>}
            </div>
          </Section>
          <Section title="Lavalink nodes" text="As seen by the audio service.">
            <div className="card rows">
              {data.nodes.map(
                ({ node, breaker, sessions, players, playingPlayers, lavalinkLoad, latencyMs, fault, info }) => (
                  <div className="row" key={node}>
                    <span className="row-words">
                      <span className="row-title">{node}</span>
                      <span className="row-text">
                        {`${playingPlayers} of ${players} players active · sessions: ${sessions} · load: ${Math.round(lavalinkLoad * 100)} %`}
                        {latencyMs >= 0 && ` · ${Math.round(latencyMs)} ms`}
                        {fault !== null && ` · ${fault}`}
                      </span>
                      {info !== null && <span className="row-text">{abilitiesOf(info)}</span>}
                    </span>
                    <Status tone={breaker === 'closed' ? 'good' : 'bad'}>
                      {breaker === 'closed' ? 'Available' : 'Circuit breaker open'}
                    </Status>
                  </div>
                ),
              )}
              {data.nodes.length === 0 && <p className="row row-text">No node is in use.</p>}
            </div>
          </Section>
        </>
      )}
    </Page>
  );
}

/** What a node has, in a line. */
function abilitiesOf({
  version,
  sources,
  plugins,
}: {
  version: string;
  sources: string[];
  plugins: { name: string }[];
}) {
  const named = plugins.length === 0 ? 'none' : plugins.map(({ name }) => name).join(', ');
  return `Lavalink ${version} · sources: ${sources.join(', ')} · plugins: ${named}`;
}
