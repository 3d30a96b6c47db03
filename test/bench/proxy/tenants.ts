import type { Call } from './mix.ts';
import { ratioOf, summaryOf, type Measured } from './report.ts';
import { setStage } from './stage.ts';
import { startGatewayProxy } from './subjects.ts';

const sizes = [10, 10_000] as const;
const rules = 100;
const atOnce = 64;
/** More would need a connection each; the other tenants' calls are those of audio. */
const maxBots = 200;

/** A member reads a queue, under their guild's rules; audio, which serves all tenants, reads from a node. */
const calls: readonly Call[] = [
  { count: 1, by: 'bot', on: 'GET audio /v1/tenants/:tenant/guilds/:guild/player', command: 'queue' },
  { count: 1, by: 'audio', on: 'GET lavalink /tenants/:tenant/nodes/:node/v4/loadtracks?identifier=:search' },
];

/**
 * How the cost of a read depends on the number of tenants, each with one guild and 100 rules: two installations beside
 * each other, alternating. Half of the reads are made by bots, at most 200 of them, half by audio for any tenant.
 */
export async function compareTenants(rounds: number, requests: number): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const results = new Map<string, Measured[]>();
  const installations = [];
  for (const tenants of sizes) {
    const population = { tenants, bots: Math.min(tenants, maxBots), maxGuilds: 1, rules };
    const stage = await setStage({ ...population, atOnce }, stack);
    const proxy = await startGatewayProxy(stage.installation, stage.upstreams, stack);
    const name = `${tenants} tenants`;
    results.set(name, []);
    installations.push({ name, stage, proxy });
  }
  for (let round = -1; round < rounds; round += 1) {
    for (const { name, stage, proxy } of installations) {
      await stage.prepare(calls, requests);
      const measured = await stage.measure(proxy);
      if (round >= 0) results.get(name)?.push(measured);
    }
  }
  console.log(`${rounds} rounds of ${requests} reads, ${rules} rules for each tenant, medians`);
  for (const [name, runs] of results) console.log(summaryOf(name, runs));
  const [few, many] = sizes;
  const ratio = ratioOf(results, `${many} tenants`, `${few} tenants`);
  console.log(`ratios: CPU of a read with ${many} tenants ${ratio?.median.toFixed(2)} of one with ${few}`);
}
