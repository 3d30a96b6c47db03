import { spawnSync } from 'node:child_process';
import { installationId } from '#infra/kernel/ids.ts';
import type { SharedStateSettings } from '#infra/shared-state/settings.ts';
import { RedisServer } from '../../servers/redis/redis-server.ts';
import { changes, reads } from '../proxy/mix.ts';
import { ratioOf, summaryOf, type Measured } from '../proxy/report.ts';
import { setStage, type Stage } from '../proxy/stage.ts';
import { startGatewayProxy, type Subject } from '../proxy/subjects.ts';

const population = { tenants: 200, bots: 200, maxGuilds: 50, rules: 0 };
/** Of each of two load generators. */
const atOnce = 32;
const rate = { perSec: 50, burst: 150 };
/** How often proxies tell each other what they admitted (gateway-proxy/proxy/limits/share-rates.ts). */
const shareEverySec = 0.1;

/** A real Redis if there is one, else the table of the database. */
async function openShared(stage: Stage, stack: AsyncDisposableStack): Promise<SharedStateSettings> {
  if (spawnSync('redis-server', ['--version']).status === 0) {
    const redis = stack.use(await RedisServer.start(installationId(stage.installation.installation)));
    return redis.settings;
  }
  console.log('REDIS IS NOT ON THE PATH, so proxies share a table of the database: apt-get install redis-server');
  return { kind: 'postgres', url: stage.database.urlOf('proxy') };
}

/** What two proxies beside each other do in a second, and what sharing costs, by the CPU of all of them. */
export async function compareDecisions(rounds: number, requests: number): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const stage = await setStage({ ...population, atOnce, loads: 2 }, stack);
  const sharedState = await openShared(stage, stack);
  const { installation, upstreams } = stage;
  const alone = await startGatewayProxy(installation, upstreams, stack, { name: 'one proxy' });
  const first = await startGatewayProxy(installation, upstreams, stack, { name: 'first', sharedState });
  const second = await startGatewayProxy(installation, upstreams, stack, { name: 'second', sharedState });
  const sets: readonly (readonly [string, readonly Subject[]])[] = [
    [alone.name, [alone]],
    ['two that share', [first, second]],
  ];
  const kinds = [
    { kind: 'reads', calls: reads, count: requests },
    { kind: 'changes', calls: changes, count: Math.ceil(requests / 4) },
  ].map((kind) => ({ ...kind, results: new Map<string, Measured[]>(sets.map(([name]) => [name, []])) }));
  // The first round only warms up.
  for (let round = -1; round < rounds; round += 1)
    for (const { calls, count, results } of kinds)
      for (const [name, subjects] of round % 2 === 0 ? sets : sets.toReversed()) {
        // Anew for each: a change is done once.
        await stage.prepare(calls, count);
        const measured = await stage.measureTogether(subjects);
        if (round >= 0) results.get(name)?.push(measured);
      }
  const figures = kinds.map(({ kind, results }) => {
    console.log(`${kind}, decisions of all proxies together`);
    for (const [name, runs] of results) console.log(summaryOf(name, runs));
    const [one, two] = sets.map(([name]) => median(results.get(name)?.map(({ perSec }) => perSec) ?? []));
    const cpu = ratioOf(results, 'two that share', alone.name)?.median ?? Number.NaN;
    const bound = kind === 'reads' ? 1.2 : 2;
    return `${kind} a second ${((two ?? 0) / (one ?? 1)).toFixed(2)} of one proxy, CPU ${cpu.toFixed(2)} (at most ${bound.toFixed(2)})`;
  });
  return figures.join('; ');
}

/** By how much two proxies exceed a tenant's rate under a flood, and what the bound is. */
export async function measureOvershoot(requests: number): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const stage = await setStage({ tenants: 1, bots: 1, maxGuilds: 50, rules: 0, atOnce, loads: 2 }, stack);
  const sharedState = await openShared(stage, stack);
  const start = (name: string) =>
    startGatewayProxy(stage.installation, stage.upstreams, stack, { name, sharedState, tenant: rate });
  const subjects = [await start('first'), await start('second')];
  await stage.prepare(
    reads.filter(({ by, on }) => by === 'bot' && on.includes('audio')),
    requests,
  );
  const { admitted, seconds } = await stage.flood(subjects);
  const whole = rate.burst + rate.perSec * seconds;
  const bound = rate.burst + rate.perSec * shareEverySec;
  console.log(
    `flood of ${requests} calls over two proxies in ${seconds.toFixed(1)} s: ${admitted} admitted, where one proxy admits ${whole.toFixed(0)}`,
  );
  return `overshoot ${Math.max(0, admitted - whole).toFixed(0)} calls (at most ${bound.toFixed(0)})`;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
