import type { ChildProcess } from 'node:child_process';
import { service, spiffeId } from '#security/identity/spiffe.ts';
import type { TestDatabase } from '../../database.ts';
import { testInstallation, type TestInstallation } from '../../installation.ts';
import { benchDatabase } from '../database.ts';
import type { Call } from './mix.ts';
import type { BenchTarget, Identity, LoadMessage, RunResult, UpstreamUrls } from './parts.ts';
import { populate, type PopulationOptions } from './population.ts';
import { requestWriter, type RequestWriter } from './prepared-requests.ts';
import type { Measured } from './report.ts';
import { heard, startChild, type Subject } from './subjects.ts';

/** Requests are handed to the load generator in chunks of this many. */
const chunkSize = 1_000;
/** Of the mix, before the clock starts: upstream connections are then open as well. */
const openingRequests = 500;

/** Everything that the proxies under test need around them, with one load generator and one process of upstreams. */
export interface Stage {
  readonly database: TestDatabase;
  readonly installation: TestInstallation;
  /** gateway-proxy's own, which the other proxies use too. */
  readonly identity: Identity;
  readonly upstreams: UpstreamUrls;
  readonly spiffeIds: Readonly<Record<Exclude<BenchTarget, 'lavalink'>, string>>;
  readonly jwtPublicKeyPem: string;
  /** Writes the requests that `measure` sends next, with tokens of their own. */
  prepare(calls: readonly Call[], count: number): Promise<void>;
  /** Opens all connections to this proxy, then sends it what was prepared. */
  measure(subject: Subject): Promise<Measured>;
  /**
   * The same with several proxies beside each other, or one, and a load generator for each of `loads`: each sends its own
   * part of what was prepared, to the proxies in turn. CPU and memory are those of all proxies together.
   */
  measureTogether(subjects: readonly Subject[]): Promise<Measured>;
  /** Sends what was prepared to all proxies at once; some of it may be refused for its rate. */
  flood(subjects: readonly Subject[]): Promise<{ readonly admitted: number; readonly seconds: number }>;
}

/** @param options.atOnce how many requests of a load generator are in progress at a time; `loads`: one by default */
export async function setStage(
  options: Omit<PopulationOptions, 'adminUrl'> & { readonly atOnce: number; readonly loads?: number },
  stack: AsyncDisposableStack,
): Promise<Stage> {
  const database = await benchDatabase(['proxy', 'identity'], { durable: true }, stack);
  const installation = stack.use(await testInstallation({ database }));
  const population = await populate(installation, { ...options, adminUrl: database.adminUrl });
  const writer = await requestWriter(installation, population);
  const identityOf = async (name: 'audio' | 'discord-edge' | 'gateway-proxy') =>
    (await installation.agentFor(name)).tls.current();
  const idOf = (name: 'audio' | 'discord-edge' | 'gateway-proxy') => spiffeId(installation.installation, service(name));
  const identities = { audio: await identityOf('audio'), 'discord-edge': await identityOf('discord-edge') };
  const [, upstreams] = await startChild<UpstreamUrls>('./upstream.ts', { role: 'upstream', identities }, stack);
  const { senders } = population;
  const loads = await Promise.all(
    Array.from({ length: options.loads ?? 1 }, async () => {
      const start = { role: 'load', senders, proxySpiffeId: idOf('gateway-proxy') } as const;
      const [load] = await startChild('./load.ts', start, stack);
      return load;
    }),
  );
  /** A run of each load generator, against the proxies in turn. */
  const runs = async (set: string, subjects: readonly Subject[]) => {
    const callTokens = await population.callTokens();
    return Promise.all(
      loads.map(async (load, index) => {
        const { name, url, bearer } = subjects[index % subjects.length] as Subject;
        const run = { kind: 'run', set, url, bearer: bearer === 'jwt' ? bearer : callTokens, atOnce: options.atOnce };
        return runOf(load, name, run as RunMessage);
      }),
    );
  };
  return {
    database,
    installation,
    identity: await identityOf('gateway-proxy'),
    upstreams,
    spiffeIds: { audio: idOf('audio'), 'discord-edge': idOf('discord-edge') },
    jwtPublicKeyPem: writer.jwtPublicKeyPem,
    async prepare(calls, count) {
      for (const load of loads) await prepare(load, writer, calls, Math.ceil(count / loads.length));
    },
    measure: (subject) => measureTogether(runs, [subject]),
    measureTogether: (subjects) => measureTogether(runs, subjects),
    async flood(subjects) {
      const results = await runs('measured', subjects);
      for (const { failed } of results) refuseOthersThan(429, failed);
      const admitted = sum(results.map(({ requests, failed }) => requests - (failed[429] ?? 0)));
      return { admitted, seconds: Math.max(...results.map(({ seconds }) => seconds)) };
    },
  };
}

type RunMessage = Extract<LoadMessage, { kind: 'run' }>;
type Runs = (set: string, subjects: readonly Subject[]) => Promise<readonly (RunResult & { subject: string })[]>;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

async function measureTogether(runs: Runs, subjects: readonly Subject[]): Promise<Measured> {
  const usage = async () => Promise.all(subjects.map((subject) => subject.usage()));
  for (const { failed } of await runs('opening', subjects)) refuseOthersThan(undefined, failed);
  const before = await usage();
  const results = await runs('measured', subjects);
  const after = await usage();
  for (const { failed } of results) refuseOthersThan(undefined, failed);
  const requests = sum(results.map((result) => result.requests));
  const cpuSec = sum(after.map((each) => each.cpuSec)) - sum(before.map((each) => each.cpuSec));
  return {
    cpuPer100k: (cpuSec / requests) * 100_000,
    p50Ms: sum(results.map(({ p50Ms }) => p50Ms)) / results.length,
    p99Ms: Math.max(...results.map(({ p99Ms }) => p99Ms)),
    perSec: requests / Math.max(...results.map(({ seconds }) => seconds)),
    rssMiB: sum(after.map((each) => each.rssMiB)),
  };
}

function refuseOthersThan(expected: number | undefined, failed: RunResult['failed']): void {
  const failures = Object.entries(failed).filter(([status]) => Number(status) !== expected);
  if (failures.length > 0)
    throw new Error(failures.map(([status, times]) => `${times} answers of status ${status}`).join(', '));
}

async function ask<Answer>(load: ChildProcess, message: LoadMessage): Promise<Answer> {
  const answer = heard<Answer>(load);
  load.send(message);
  return answer;
}

async function prepare(load: ChildProcess, writer: RequestWriter, calls: readonly Call[], count: number) {
  for (const set of ['opening', 'measured']) load.send({ kind: 'forget', set } satisfies LoadMessage);
  const opening = [...(await writer.opening()), ...(await writer.write(calls, openingRequests))];
  await ask(load, { kind: 'add', set: 'opening', requests: opening });
  for (let left = count; left > 0; left -= chunkSize) {
    const requests = await writer.write(calls, Math.min(chunkSize, left));
    await ask(load, { kind: 'add', set: 'measured', requests });
  }
}

async function runOf(load: ChildProcess, subject: string, run: RunMessage): Promise<RunResult & { subject: string }> {
  const result = await ask<RunResult | { error: string }>(load, run);
  if ('error' in result) throw new Error(`${subject}: ${result.error}`);
  return { ...result, subject };
}
