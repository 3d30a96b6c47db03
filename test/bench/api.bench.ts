import process from 'node:process';
import { Pool } from 'undici';
import { cpuSecondsOfTree, median } from './audit/measured.ts';
import { startPlatform } from './api/platform.ts';

/*
 * What a person or a program waits for: a guild's policy, read and replaced by 50 concurrent clients, from the public
 * listener through gateway-proxy and the api to a PostgreSQL that waits for its disk; including session, role, schema,
 * ETag, policy check, audit record and its sealing. The baseline is fastify and pg with the same rows and no checks.
 * The same clients, alternating between both, medians of the rounds. The clients are owners of ten tenants with five
 * guilds each.
 *
 *   node test/bench/api.bench.ts [rounds] [requests a round]
 */
const [rounds = 5, requests = 2_000] = process.argv.slice(2).map(Number);
const clients = 50;
const tenants = 10;
/** How many times as long as the baseline a request may take. */
const bounds = { read: 3, write: 6 };

interface Client {
  readonly path: string;
  readonly session: string;
}
interface Measured {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSec: number;
  /** Of all processes, PostgreSQL and the clients included. */
  readonly cpuMs: number;
}
type Kind = 'read' | 'write';

const policy = (revision: number) => ({
  rules: [
    { id: 'djs', effect: 'allow', who: { roles: ['80351110224678913'] }, commands: 'all' },
    { id: 'nobody-stops', effect: 'deny', who: { everyone: true }, commands: ['stop'] },
  ],
  otherwise: 'allow',
  quotas: { maxQueuedPerMember: 1 + (revision % 50) },
});

await using stack = new AsyncDisposableStack();
const platform = await startPlatform(stack);
const owners = await Promise.all(Array.from({ length: tenants }, () => platform.tenant()));
const everybody: Client[] = Array.from({ length: clients }, (_, at) => {
  const owner = owners[at % tenants];
  if (!owner) throw new Error('there is an owner for each client');
  return { path: `/v1/tenants/${owner.id}/guilds/${1_000 + at}/policy`, session: owner.session };
});
const pools = Object.fromEntries(
  [platform.publicUrl, platform.bareUrl].map((url) => [
    url,
    stack.adopt(new Pool(url, { connections: clients, pipelining: 1 }), (pool) => pool.destroy()),
  ]),
);

async function once(pool: Pool, { path, session }: Client, kind: Kind, revision: number): Promise<number> {
  const startedMs = performance.now();
  const authorization = `Bearer ${session}`;
  const answer = await pool.request(
    kind === 'read'
      ? { method: 'GET', path, headers: { authorization } }
      : {
          method: 'PUT',
          path,
          headers: { authorization, 'content-type': 'application/json', 'if-match': '*' },
          body: JSON.stringify(policy(revision)),
        },
  );
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${kind} answered ${answer.statusCode}: ${text}`);
  return performance.now() - startedMs;
}

/** Every client sends its next request as soon as it is answered. */
async function measure(url: string, kind: Kind, count = requests): Promise<Measured> {
  const pool = pools[url];
  if (!pool) throw new Error(`nothing is known of ${url}`);
  const times: number[] = [];
  let left = count;
  const cpuBefore = await cpuSecondsOfTree();
  const startedMs = performance.now();
  await Promise.all(
    everybody.map(async (client) => {
      while (left > 0) {
        left -= 1;
        times.push(await once(pool, client, kind, left));
      }
    }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const cpuMs = (((await cpuSecondsOfTree()) - cpuBefore) * 1_000) / times.length;
  const sorted = times.toSorted((a, b) => a - b);
  const quantile = (part: number) => sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN;
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99), perSec: times.length / seconds, cpuMs };
}

const runs = { read: { bare: [], full: [] }, write: { bare: [], full: [] } } as Record<
  Kind,
  Record<'bare' | 'full', Measured[]>
>;
// The first round creates the policies and warms up both kinds.
for (let round = -1; round < rounds; round += 1) {
  for (const kind of ['write', 'read'] as const) {
    const [bare, full] = [await measure(platform.bareUrl, kind), await measure(platform.publicUrl, kind)];
    if (round < 0) continue;
    runs[kind].bare.push(bare);
    runs[kind].full.push(full);
  }
}

console.log(`${rounds} rounds of ${requests} requests by ${clients} clients, medians`);
const of = (all: readonly Measured[], name: keyof Measured) => median(all.map((run) => run[name]));
for (const kind of ['read', 'write'] as const) {
  for (const [name, all] of [
    [`bare fastify and pg, ${kind}`, runs[kind].bare],
    [`a policy's ${kind}, the whole path`, runs[kind].full],
  ] as const)
    console.log(
      `${name.padEnd(36)} p50 ${of(all, 'p50Ms').toFixed(1)} ms   p99 ${of(all, 'p99Ms').toFixed(1)} ms   ${of(all, 'perSec').toFixed(0)}/s   ${of(all, 'cpuMs').toFixed(2)} CPU-ms each`,
    );
}
const { rows } = await platform.admin.query<{ records: string }>(
  `select sum(array_length(string_to_array(record, E'\\n'), 1)) as records from audit_leaf`,
);
console.log(`${rows[0]?.records ?? 0} audit records were sealed meanwhile`);
for (const kind of ['read', 'write'] as const) {
  const { bare, full } = runs[kind];
  const ratios = full.map(({ perSec }, round) => (bare[round]?.perSec ?? Number.NaN) / perSec);
  const range = `${Math.min(...ratios).toFixed(1)} to ${Math.max(...ratios).toFixed(1)}`;
  console.log(`${kind}: ${median(ratios).toFixed(1)} times the baseline (${range}; at most ${bounds[kind]})`);
}
