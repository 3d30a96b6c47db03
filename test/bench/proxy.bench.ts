import type { ChildProcess } from 'node:child_process';
import process from 'node:process';
import { service, spiffeId } from '#security/identity/spiffe.ts';
import { testInstallation } from '../installation.ts';
import { administer, benchDatabase } from './database.ts';
import { haproxyVersion, startHaproxy } from './proxy/haproxy.ts';
import { changes, reads, type Call } from './proxy/mix.ts';
import type { LoadMessage, RunResult, UpstreamUrls } from './proxy/parts.ts';
import { populate } from './proxy/population.ts';
import { requestWriter } from './proxy/prepared-requests.ts';
import { ratioOf, summaryOf, type Measured } from './proxy/report.ts';
import { heard, startBareProxy, startChild, startGatewayProxy, type Subject } from './proxy/subjects.ts';

/*
 * What a request costs: a replay of what the platform sends (proxy/mix.ts), for 200 tenants with 1 to 50 guilds, each
 * bot with its own certificate and connection, each interaction with its own transaction. gateway-proxy with every
 * check stands beside a bare @fastify/http-proxy and HAProxy, all with mTLS on both sides, with the same requests from
 * one load generator and the same upstreams, each in a process of its own, alternating. Tokens are made before the
 * clock starts, and every connection is open by then. CPU is the proxy process's own, user and system.
 *
 *   node test/bench/proxy.bench.ts [rounds] [requests a round] [reads]
 *
 * `reads` leaves out changes, whose records wait for the disk; of those there are half as many. BAILIWICK_PROFILE=1
 * writes a .cpuprofile to the temp folder.
 */
const rounds = Number(process.argv[2] ?? 5);
const requests = Number(process.argv[3] ?? 20_000);
const readsOnly = process.argv[4] === 'reads';
const tenants = 200;
const atOnce = 64;
/** Requests are handed to the load generator in chunks of this many. */
const chunk = 1_000;

await using stack = new AsyncDisposableStack();
const database = await benchDatabase(['proxy', 'identity'], { durable: true }, stack);
const installation = stack.use(await testInstallation({ database }));
const population = await populate(installation, { tenants, adminUrl: database.adminUrl });
const writer = await requestWriter(installation, population);
type Role = 'audio' | 'discord-edge' | 'gateway-proxy';
const identityOf = async (name: Role) => (await installation.agentFor(name)).tls.current();
const idOf = (name: Role) => spiffeId(installation.installation, service(name));

const identity = await identityOf('gateway-proxy');
const [, upstreams] = await startChild<UpstreamUrls>(
  './upstream.ts',
  {
    role: 'upstream',
    identities: { audio: await identityOf('audio'), 'discord-edge': await identityOf('discord-edge') },
  },
  stack,
);
const [load] = await startChild(
  './load.ts',
  { role: 'load', senders: population.senders, proxySpiffeId: idOf('gateway-proxy') },
  stack,
);
const spiffeIds = { audio: idOf('audio'), 'discord-edge': idOf('discord-edge') };
const bare = await startBareProxy({ role: 'bare-proxy', identity, upstreams, spiffeIds }, stack);
const full = await startGatewayProxy(installation, upstreams, stack);
const { jwtPublicKeyPem } = writer;
const haproxy = haproxyVersion() ? await startHaproxy({ identity, upstreams, jwtPublicKeyPem }, stack) : undefined;
if (!haproxy) console.log('HAPROXY IS NOT ON THE PATH, so its figures are missing: apt-get install haproxy');
const subjects = [bare, ...(haproxy ? [haproxy] : []), full];

async function ask<Answer>(child: ChildProcess, message: LoadMessage): Promise<Answer> {
  const answer = heard<Answer>(child);
  child.send(message);
  return answer;
}

async function prepare(calls: readonly Call[], count: number): Promise<void> {
  for (const set of ['opening', 'measured']) load.send({ kind: 'forget', set } satisfies LoadMessage);
  await ask(load, { kind: 'add', set: 'opening', requests: await writer.opening() });
  for (let left = count; left > 0; left -= chunk) {
    await ask(load, { kind: 'add', set: 'measured', requests: await writer.write(calls, Math.min(chunk, left)) });
  }
}

async function measure(subject: Subject): Promise<Measured> {
  const bearer = subject.bearer === 'jwt' ? 'jwt' : await population.callTokens();
  const run = async (set: string): Promise<RunResult> => {
    const result = await ask<RunResult & { error?: string }>(load, { kind: 'run', set, url: subject.url, bearer, atOnce });
    const failures = result.error ?? Object.entries(result.failed).map(([status, times]) => `${times} times ${status}`);
    if (failures.length > 0) throw new Error(`${subject.name}, ${set}: ${String(failures)}`);
    return result;
  };
  await run('opening');
  const before = await subject.usage();
  const result = await run('measured');
  const after = await subject.usage();
  return {
    cpuPer100k: ((after.cpuSec - before.cpuSec) / result.requests) * 100_000,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    perSec: result.requests / result.seconds,
    rssMiB: after.rssMiB,
  };
}

const kinds = [
  { kind: 'reads', calls: reads, count: requests },
  ...(readsOnly ? [] : [{ kind: 'changes', calls: changes, count: Math.ceil(requests / 2) }]),
].map((kind) => ({ ...kind, results: new Map<string, Measured[]>(subjects.map(({ name }) => [name, []])) }));

// The first round only warms up; each begins with another subject.
for (let round = -1; round < rounds; round += 1) {
  for (const { calls, count, results } of kinds) {
    await prepare(calls, count);
    for (let turn = 0; turn < subjects.length; turn += 1) {
      const subject = subjects[(round + 1 + turn) % subjects.length];
      if (!subject) continue;
      const measured = await measure(subject);
      if (round >= 0) results.get(subject.name)?.push(measured);
    }
  }
}

console.log(`${rounds} rounds, ${tenants} tenants with 1 to 50 guilds, ${atOnce} requests at a time, medians`);
for (const { kind, count, results } of kinds) {
  console.log(`${kind}, ${count} a round`);
  for (const [name, runs] of results) console.log(summaryOf(name, runs));
  for (const baseline of subjects) {
    const ratio = baseline === full ? undefined : ratioOf(results, full.name, baseline.name);
    if (ratio) console.log(`  of ${baseline.name}: ${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)}`);
  }
}
const { rows } = await administer(database.adminUrl, (admin) =>
  admin.query<{ count: string }>("select count(*) from audit_journal, string_to_table(record, E'\\n')"),
);
console.log(`${rows[0]?.count} audit records were written`);

const [ofReads, ofChanges] = kinds.map(({ results }) => results);
const shown = (results: (typeof ofReads) | undefined, baseline: Subject | undefined) =>
  (results && ratioOf(results, full.name, baseline?.name))?.median.toFixed(2) ?? 'not measured';
console.log(
  `ratios: reads ${shown(ofReads, bare)} (at most 1.20), reads by HAProxy ${shown(ofReads, haproxy)} (at most 1.20), ` +
    `changes ${shown(ofChanges, bare)} (at most 2.00)`,
);
