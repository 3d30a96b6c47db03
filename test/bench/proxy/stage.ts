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
}

/** @param options.atOnce how many requests are in progress at a time */
export async function setStage(
  options: Omit<PopulationOptions, 'adminUrl'> & { readonly atOnce: number },
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
  const [load] = await startChild('./load.ts', { role: 'load', senders, proxySpiffeId: idOf('gateway-proxy') }, stack);
  return {
    database,
    installation,
    identity: await identityOf('gateway-proxy'),
    upstreams,
    spiffeIds: { audio: idOf('audio'), 'discord-edge': idOf('discord-edge') },
    jwtPublicKeyPem: writer.jwtPublicKeyPem,
    prepare: (calls, count) => prepare(load, writer, calls, count),
    async measure(subject) {
      const bearer = subject.bearer === 'jwt' ? 'jwt' : await population.callTokens();
      const run = (set: string) =>
        runOf(load, subject, { kind: 'run', set, url: subject.url, bearer, atOnce: options.atOnce });
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
    },
  };
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

async function runOf(
  load: ChildProcess,
  subject: Subject,
  run: Extract<LoadMessage, { kind: 'run' }>,
): Promise<RunResult> {
  const result = await ask<RunResult | { error: string }>(load, run);
  if ('error' in result) throw new Error(`${subject.name}: ${result.error}`);
  const failures = Object.entries(result.failed).map(([status, times]) => `${times} answers of status ${status}`);
  if (failures.length > 0) throw new Error(`${subject.name}: ${failures.join(', ')}`);
  return result;
}
