import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { service, spiffeId } from '#security/identity/spiffe.ts';
import { issueTransactionToken, newTransactionId } from '#security/identity/transaction-token.ts';
import { testInstallation, type BotIdentity, type TestInstallation } from '../installation.ts';
import { administer, benchDatabase } from './database.ts';
import type { Identity, Run, RunResult, Start } from './proxy/parts.ts';

/*
 * What a request costs: gateway-proxy with every check (certificate, call token, tenancy, transaction token, policy,
 * limits, grant, audit record) beside a bare @fastify/http-proxy, both with mTLS on both sides, with the same load
 * generator and the same upstream in separate processes, alternating. CPU is the proxy process's own, user and system.
 *
 *   node test/bench/proxy.bench.ts [rounds] [requests a round] [reads]
 *
 * `reads` leaves out changes, whose records wait for the disk. BAILIWICK_PROFILE=1 writes a .cpuprofile to the temp
 * folder.
 */
const rounds = Number(process.argv[2] ?? 5);
const requests = Number(process.argv[3] ?? 20_000);
const readsOnly = process.argv[4] === 'reads';
const connections = 64;
const guild = snowflake('80351110224678912');
const loopback = { host: '127.0.0.1', port: 0 };

interface Subject {
  readonly name: string;
  readonly url: string;
  usage(): Promise<{ cpuSec: number; rssMiB: number }>;
}

interface Measured {
  readonly cpuPer100k: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSec: number;
  readonly rssMiB: number;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const heard = async <Message>(child: ChildProcess): Promise<Message> => (await once(child, 'message'))[0] as Message;

async function startChild<Ready>(
  file: string,
  start: Start,
  stack: AsyncDisposableStack,
): Promise<[ChildProcess, Ready]> {
  const child = fork(here(`./proxy/${file}`), { execArgv: ['--disable-warning=ExperimentalWarning'] });
  stack.defer(() => void child.kill());
  const ready = heard<Ready>(child);
  child.send(start);
  return [child, await ready];
}

/** The real process, from its own main.ts, with settings that only raise the limits. */
async function startGatewayProxy(
  installation: TestInstallation,
  upstreamUrl: string,
  stack: AsyncDisposableStack,
): Promise<Subject> {
  const wide = { perSec: 1e6, burst: 1e6 };
  const settings = {
    ...installation.enrolmentFor('gateway-proxy'),
    logLevel: 'warn',
    listen: loopback,
    ops: loopback,
    public: loopback,
    database: { url: installation.database.urlOf('proxy'), maxConnections: 4 },
    upstreams: { audio: { url: upstreamUrl } },
    limits: { tenant: wide, workload: wide, inFlightPerTenant: 1_000 },
  };
  const profile = process.env.BAILIWICK_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${tmpdir()}`] : [];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...profile, here('../../gateway-proxy/proxy/main.ts')],
    { stdio: ['ignore', 'pipe', 'inherit', 'pipe'], env: { ...process.env, BAILIWICK_SETTINGS_FD: '3' } },
  );
  stack.defer(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  (child.stdio[3] as Writable).end(JSON.stringify(settings));
  if (!child.stdout) throw new Error('gateway-proxy has no stdout');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const ready = JSON.parse(line) as { ready: boolean; port: number; opsPort: number; error?: string };
  if (!ready.ready) throw new Error(`gateway-proxy did not start: ${ready.error}`);
  return {
    name: 'gateway-proxy, every check',
    url: `https://127.0.0.1:${ready.port}`,
    async usage() {
      const report = (await (await fetch(`http://127.0.0.1:${ready.opsPort}/performance`)).json()) as {
        cpuSec: { user: number; system: number };
        memoryBytes: { rss: number };
      };
      return { cpuSec: report.cpuSec.user + report.cpuSec.system, rssMiB: report.memoryBytes.rss / 2 ** 20 };
    },
  };
}

async function startBareProxy(
  identity: Identity,
  upstreamUrl: string,
  upstreamSpiffeId: string,
  stack: AsyncDisposableStack,
): Promise<Subject> {
  const start: Start = { role: 'bare-proxy', identity, upstreamUrl, upstreamSpiffeId };
  const [child, { port }] = await startChild<{ port: number }>('bare-proxy.ts', start, stack);
  return {
    name: 'bare @fastify/http-proxy',
    url: `https://127.0.0.1:${port}`,
    usage() {
      const answer = heard<{ cpuSec: number; rssMiB: number }>(child);
      child.send('usage');
      return answer;
    },
  };
}

async function newTenant(adminUrl: string): Promise<TenantId> {
  const tenant = newTenantId();
  await administer(adminUrl, async (admin) => {
    await admin.query("insert into tenant (id, name, status, updated_at) values ($1, 'bench', 'active', now())", [
      tenant,
    ]);
    await admin.query('insert into policy_version (tenant_id, version) values ($1, 1)', [tenant]);
  });
  return tenant;
}

/** Tokens as a bot has them: fresh, for a member who used a command. */
async function tokens(installation: TestInstallation, bot: BotIdentity): Promise<Record<string, string>> {
  const edge = await installation.agentFor('discord-edge');
  const nowMs = Date.now();
  const member = {
    kind: 'discord',
    user: snowflake('90351110224678914'),
    guild,
    channel: snowflake('80351110224678920'),
    roles: [],
    permissions: '0',
    voiceChannel: null,
    command: 'skip',
  } as const;
  const transaction = {
    txn: newTransactionId(nowMs),
    tenant: bot.tenant,
    scope: ['player.read', 'player.skip'],
    member,
  };
  const txnToken = await issueTransactionToken(await edge.delegate('transaction-token'), transaction, {
    lifetimeSec: 300,
    nowMs,
  });
  return { authorization: `Bearer ${await bot.callToken('audio')}`, 'txn-token': txnToken };
}

async function measure(subject: Subject, load: ChildProcess, run: Omit<Run, 'url'>): Promise<Measured> {
  const before = await subject.usage();
  const answer = heard<RunResult & { error?: string }>(load);
  load.send({ ...run, url: subject.url });
  const result = await answer;
  const after = await subject.usage();
  if (result.error !== undefined || result.failed > 0) {
    throw new Error(`${subject.name}: ${result.error ?? `${result.failed} of ${result.requests} failed`}`);
  }
  return {
    cpuPer100k: ((after.cpuSec - before.cpuSec) / result.requests) * 100_000,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    perSec: result.requests / result.seconds,
    rssMiB: after.rssMiB,
  };
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function summary(name: string, runs: readonly Measured[]): void {
  const of = (pick: (run: Measured) => number) => median(runs.map(pick));
  console.log(
    `${name.padEnd(40)} ${of((run) => run.cpuPer100k)
      .toFixed(2)
      .padStart(6)} CPU-s/100k   p50 ${of((run) => run.p50Ms).toFixed(1)} ms   ` +
      `p99 ${of((run) => run.p99Ms).toFixed(1)} ms   ${of((run) => run.perSec).toFixed(0)}/s   ${of((run) => run.rssMiB).toFixed(0)} MiB`,
  );
}

await using stack = new AsyncDisposableStack();
const database = await benchDatabase(['proxy', 'identity'], { durable: true }, stack);
const installation = stack.use(await testInstallation({ database }));
const tenant = await newTenant(database.adminUrl);
const bot = await installation.botIdentity(tenant);
const identityOf = async (name: 'audio' | 'gateway-proxy') => (await installation.agentFor(name)).tls.current();
const idOf = (name: 'audio' | 'gateway-proxy') => spiffeId(installation.installation, service(name));

const [, { port }] = await startChild<{ port: number }>(
  'upstream.ts',
  { role: 'upstream', identity: await identityOf('audio') },
  stack,
);
const upstreamUrl = `https://127.0.0.1:${port}`;
const bare = await startBareProxy(await identityOf('gateway-proxy'), upstreamUrl, idOf('audio'), stack);
const full = await startGatewayProxy(installation, upstreamUrl, stack);
const [load] = await startChild(
  'load.ts',
  { role: 'load', identity: bot, proxySpiffeId: idOf('gateway-proxy') },
  stack,
);

const player = `/audio/v1/tenants/${tenant}/guilds/${guild}/player`;
const read = { method: 'GET', path: player, connections } as const;
const skip = { method: 'POST', path: `${player}/skip`, connections } as const;
for (const subject of [bare, full]) {
  await measure(subject, load, { ...read, headers: await tokens(installation, bot), requests: 20_000 });
}
const results = { bare: [] as Measured[], full: [] as Measured[], skip: [] as Measured[] };
for (let round = 0; round < rounds; round += 1) {
  const headers = await tokens(installation, bot);
  results.bare.push(await measure(bare, load, { ...read, headers, requests }));
  results.full.push(await measure(full, load, { ...read, headers, requests }));
  if (!readsOnly) results.skip.push(await measure(full, load, { ...skip, headers, requests: Math.ceil(requests / 4) }));
}
console.log(`${rounds} rounds of ${requests} requests at ${connections} connections, medians`);
summary(bare.name, results.bare);
summary(full.name, results.full);
if (!readsOnly) summary('  a change, durable in the log before it', results.skip);
// Per round, since the machine's load may change from round to round.
const ratios = results.full.map((run, round) => run.cpuPer100k / (results.bare[round]?.cpuPer100k ?? Number.NaN));
const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
console.log(`ratio ${median(ratios).toFixed(2)}, ${least} to ${most} (at most 0.75 is wanted)`);
const { rows } = await administer(database.adminUrl, (admin) =>
  admin.query<{ count: string }>("select count(*) from audit_journal, string_to_table(record, E'\\n')"),
);
console.log(`${rows[0]?.count} audit records were written`);
