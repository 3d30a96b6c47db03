import { createHash, randomBytes, type KeyObject } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import pg from 'pg';
import { z } from 'zod';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { deriveKey, openRootKey } from '#security/keyring/keyring-file.ts';
import { createApiClient, type ApiClient } from '#services/cli/src/client.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { planPorts } from '#services/cli/src/up/ports.ts';
import { scratchFolder } from '#test/scratch.ts';
import { freeBlock } from '#test/free-port.ts';
import { launch, type Launcher } from './launcher.ts';
import type { SeenProcess } from './processes.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { keepWarm, warm } from './warm-cache.ts';

/** What can be killed, with a string that identifies it by its command line. */
const entries = {
  'token-service': 'security/identity/token-service/main.ts',
  'gateway-proxy': 'gateway-proxy/proxy/main.ts',
  'discord-edge': 'gateway-proxy/discord-edge/main.ts',
  audio: 'services/audio/src/main.ts',
  api: 'services/api/src/main.ts',
  worker: 'services/worker/src/main.ts',
  supervisor: 'tenants/supervisor/main.ts',
  sandbox: 'test/sandbox/main.ts',
} as const;
export type ProcessName = keyof typeof entries;

/** The platform's own processes: the sandbox only stands in for Discord and Lavalink. */
export const platformProcesses: readonly ProcessName[] = (Object.keys(entries) as ProcessName[]).filter(
  (name) => name !== 'sandbox',
);

const statusSchema = z.object({
  tenant: z.looseObject({ status: z.string(), reason: z.string().nullable() }),
  ready: z.boolean(),
  session: z.looseObject({ status: z.string() }).nullable(),
  instance: z.looseObject({ state: z.string(), restarts: z.number() }).nullable(),
});
export type TenantState = z.infer<typeof statusSchema>;

/** A tenant with its application at the sandbox's Discord. */
export interface HostedTenant {
  readonly id: string;
  readonly application: { readonly id: string; readonly token: string; readonly bot: { readonly id: string } };
}

/** The data and ports of one installation; started, also repeatedly, as `npm start` does. */
export interface Installation extends AsyncDisposable {
  readonly data: string;
  /** On its own ports, or on the block that begins at `ports`; with more options of `bailiwick up`. */
  start(ports?: number, more?: readonly string[]): Promise<RunningPlatform>;
}

export interface RunningPlatform extends AsyncDisposable {
  readonly launcher: Launcher;
  /** A client without a session. */
  readonly anonymous: ApiClient;
  /** The operator, signed in with the one-time sign-in of this start. */
  readonly owner: ApiClient;
  readonly ownerSignIn: string;
  /** The bearer token of the operator's session, for what is not called through the client. */
  readonly sessionOfOwner: string;
  readonly sandbox: Sandbox;
  onboard(name: string, guild: string): Promise<HostedTenant>;
  stateOf(tenant: string): Promise<TenantState>;
  untilReady(tenant: string): Promise<TenantState>;
  /** A session of a person who owns these tenants; people other than the operator are added through the database. */
  signInAs(subject: string, tenants: readonly string[]): Promise<ApiClient>;
  /** Bypasses row-level security, to inspect what is stored. */
  query<Row extends pg.QueryResultRow>(statement: string, values?: readonly unknown[]): Promise<Row[]>;
  /** A superuser connection; the caller closes it. */
  connect(): Promise<pg.Client>;
  processOf(name: ProcessName): Promise<SeenProcess>;
  /** Of a process that runs more than once: all of them, in order of their process ids. */
  processesOf(name: ProcessName): Promise<SeenProcess[]>;
  bots(): Promise<SeenProcess[]>;
  /** Ends a process with SIGKILL. The inner promise resolves when the launcher has restarted it and it is ready. */
  kill(name: ProcessName): Promise<{ back: Promise<unknown> }>;
}

/**
 * Reserves ports, and creates a folder unless given one. Disposing removes the folder; stop what runs from it first.
 */
export async function createInstallation(folder?: string): Promise<Installation> {
  const data = folder ?? (await scratchFolder('e2e'));
  await warm(data);
  const base = await freeBlock();
  return {
    data,
    async start(ports = base, more = []) {
      const launcher = await launch(data, ports, more);
      await keepWarm(data);
      return connect(launcher, data, ports);
    },
    [Symbol.asyncDispose]: () => rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }),
  };
}

async function connect(launcher: Launcher, data: string, base: number): Promise<RunningPlatform> {
  const { ports } = planPorts(base);
  const apiUrl = `http://127.0.0.1:${ports.public}`;
  await using stack = new AsyncDisposableStack();
  stack.use(launcher);
  const ownerSignIn = /\/sign-in#(\S+)/.exec(launcher.output())?.[1] ?? '';
  const anonymous = createApiClient(apiUrl);
  const session = z.object({ token: z.string() });
  const { token } = await anonymous.call('POST', '/v1/sessions', session, { oneTimeToken: ownerSignIn });
  const owner = createApiClient(apiUrl, token);
  const sandbox = createSandbox(`http://127.0.0.1:${ports['sandbox-discord']}`);
  const database = await openDatabase(data, ports.postgres);
  const { query } = database;
  const stateOf = (tenant: string) => owner.call('GET', `/v1/tenants/${tenant}`, statusSchema);
  const untilReady = (tenant: string) =>
    eventually(`the bot of ${tenant} is ready`, async () => {
      const state = await stateOf(tenant).catch((error: unknown) => {
        // A killed part is unavailable for a moment, and nothing is authorized without it.
        if (error instanceof BailiwickError && error.status >= 500) return undefined;
        throw error;
      });
      return state?.ready === true && state;
    });
  const owned = stack.move();
  return {
    launcher,
    anonymous,
    owner,
    ownerSignIn,
    sessionOfOwner: token,
    sandbox,
    ...database,
    stateOf,
    untilReady,
    async onboard(name, guild) {
      const { id } = await owner.call('POST', '/v1/tenants', z.object({ id: z.string() }), { name });
      const application = await sandbox.createApplication(`${name} Bot`);
      await sandbox.install(guild, application.id);
      await owner.call('PUT', `/v1/tenants/${id}/token`, z.unknown(), { token: application.token });
      await untilReady(id);
      return { id, application };
    },
    async signInAs(subject, tenants) {
      const bearer = randomBytes(32).toString('base64url');
      const hash = createHash('sha256').update(bearer).digest();
      const session =
        "insert into api_session (token_hash, subject, expires_at) values ($1, $2, now() + interval '1 h')";
      await query(session, [hash, subject]);
      for (const tenant of tenants) {
        await query("insert into tenant_member (tenant_id, subject, role) values ($1, $2, 'owner')", [tenant, subject]);
        await query('update policy_version set version = version + 1 where tenant_id = $1', [tenant]);
      }
      return createApiClient(apiUrl, bearer);
    },
    ...seenBy(launcher),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The superuser's password is derived from the root key, as in the launcher; by default from the one in a file. */
export async function openDatabase(
  data: string,
  port: number,
  root?: KeyObject,
): Promise<Pick<RunningPlatform, 'query' | 'connect'>> {
  const inFile = (name: string) => path.join(data, 'keyring', name);
  const rootKey = root ?? (await openRootKey({ file: inFile('root.json'), keyFile: inFile('root.key') }));
  const password = deriveKey(rootKey, 'postgres/admin').toString('base64url');
  const connect = async () => {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password, database: 'bailiwick' });
    await client.connect();
    // A test may end connections or the server; the next query reports the error.
    client.on('error', () => undefined);
    return client;
  };
  return {
    connect,
    async query<Row extends pg.QueryResultRow>(statement: string, values: readonly unknown[] = []) {
      const client = await connect();
      try {
        return (await client.query<Row>(statement, [...values])).rows;
      } finally {
        await client.end();
      }
    },
  };
}

/** What runs below a launcher, and a way to kill it. */
export function seenBy(
  launcher: Pick<Launcher, 'pid' | 'output' | 'processes'>,
): Pick<RunningPlatform, 'processOf' | 'processesOf' | 'bots' | 'kill'> {
  const processesOf = async (name: ProcessName): Promise<SeenProcess[]> =>
    (await launcher.processes())
      .filter(({ parent, command }) => parent === launcher.pid && command.endsWith(`/${entries[name]}`))
      .toSorted((one, other) => one.pid - other.pid);
  const processOf = async (name: ProcessName): Promise<SeenProcess> => {
    const [found] = await processesOf(name);
    if (!found) throw new Error(`${name} does not run`);
    return found;
  };
  return {
    processOf,
    processesOf,
    async bots() {
      const supervisors = new Set((await processesOf('supervisor')).map(({ pid }) => pid));
      const all = await launcher.processes();
      return all.filter(({ parent, command }) => supervisors.has(parent) && command.includes('--permission'));
    },
    async kill(name) {
      const { pid } = await processOf(name);
      const saidBefore = launcher.output().length;
      process.kill(pid, 'SIGKILL');
      const isBack = new RegExp(`\\b${name}(?:-2)? is back`);
      const said = async () => isBack.test(launcher.output().slice(saidBefore));
      return { back: eventually(`${name} is back`, said) };
    },
  };
}
