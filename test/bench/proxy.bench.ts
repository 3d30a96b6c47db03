import process from 'node:process';
import { administer } from './database.ts';
import { haproxyVersion, startHaproxy } from './proxy/haproxy.ts';
import { changes, reads } from './proxy/mix.ts';
import { ratioOf, summaryOf, type Measured } from './proxy/report.ts';
import { setStage } from './proxy/stage.ts';
import { startBareProxy, startGatewayProxy, type Subject } from './proxy/subjects.ts';
import { compareTenants } from './proxy/tenants.ts';

/*
 * What a request costs: a replay of what the platform sends (proxy/mix.ts), for 200 tenants with 1 to 50 guilds, each
 * bot with its own certificate and connection, each interaction with its own transaction. gateway-proxy with every
 * check stands beside a bare @fastify/http-proxy and HAProxy, all with mTLS on both sides, with the same requests from
 * one load generator and the same upstreams, each in a process of its own, alternating. Tokens are made before the
 * clock starts, and every connection is open by then. CPU is the proxy process's own, user and system.
 *
 *   node test/bench/proxy.bench.ts [rounds] [requests a round] [reads]
 *   node test/bench/proxy.bench.ts tenants [rounds] [requests a round]
 *
 * `reads` leaves out changes, whose records wait for the disk; of those there are half as many. `tenants` compares few
 * tenants with many (proxy/tenants.ts). BAILIWICK_PROFILE=1 writes a .cpuprofile to the temp folder.
 */
const [first, ...rest] = process.argv.slice(2);
const population = { tenants: 200, bots: 200, maxGuilds: 50, rules: 0 };
const atOnce = 64;

async function compareProxies(rounds: number, requests: number, readsOnly: boolean): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const stage = await setStage({ ...population, atOnce }, stack);
  const { identity, upstreams, spiffeIds } = stage;
  const bare = await startBareProxy({ role: 'bare-proxy', identity, upstreams, spiffeIds }, stack);
  const full = await startGatewayProxy(stage.installation, upstreams, stack);
  const haproxy = haproxyVersion() ? await startHaproxy(stage, stack) : undefined;
  if (!haproxy) console.log('HAPROXY IS NOT ON THE PATH, so its figures are missing: apt-get install haproxy');
  const subjects = [bare, ...(haproxy ? [haproxy] : []), full];
  const kinds = [
    { kind: 'reads', calls: reads, count: requests },
    ...(readsOnly ? [] : [{ kind: 'changes', calls: changes, count: Math.ceil(requests / 2) }]),
  ].map((kind) => ({ ...kind, results: new Map<string, Measured[]>(subjects.map(({ name }) => [name, []])) }));

  // The first round only warms up; each begins with another subject.
  for (let round = -1; round < rounds; round += 1) {
    const turn = (round + 1) % subjects.length;
    for (const { calls, count, results } of kinds) {
      await stage.prepare(calls, count);
      for (const subject of [...subjects.slice(turn), ...subjects.slice(0, turn)]) {
        const measured = await stage.measure(subject);
        if (round >= 0) results.get(subject.name)?.push(measured);
      }
    }
  }

  console.log(`${rounds} rounds, ${population.tenants} tenants, ${atOnce} requests at a time, medians`);
  for (const { kind, count, results } of kinds) {
    console.log(`${kind}, ${count} a round`);
    for (const [name, runs] of results) console.log(summaryOf(name, runs));
    for (const { name } of subjects.filter((subject) => subject !== full)) {
      const ratio = ratioOf(results, full.name, name);
      if (ratio) console.log(`  ${full.name} to ${name}: ${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)}`);
    }
  }
  const { rows } = await administer(stage.database.adminUrl, (admin) =>
    admin.query<{ count: string }>("select count(*) from audit_journal, string_to_table(record, E'\\n')"),
  );
  console.log(`${rows[0]?.count} audit records were written`);

  const [ofReads, ofChanges] = kinds.map(({ results }) => results);
  const ratio = (results: typeof ofReads, baseline: Subject | undefined) =>
    (results && ratioOf(results, full.name, baseline?.name))?.median.toFixed(2) ?? 'not measured';
  console.log(
    `ratios: reads ${ratio(ofReads, bare)} (at most 1.20), reads by HAProxy ${ratio(ofReads, haproxy)} ` +
      `(at most 1.20), changes ${ratio(ofChanges, bare)} (at most 2.00)`,
  );
}

if (first === 'tenants') await compareTenants(Number(rest[0] ?? 5), Number(rest[1] ?? 20_000));
else await compareProxies(Number(first ?? 5), Number(rest[0] ?? 20_000), rest[1] === 'reads');
