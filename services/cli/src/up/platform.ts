import { createHash, randomBytes, type KeyObject } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '#infra/database/embedded-postgres.ts';
import { migrate } from '#infra/database/migrate.ts';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import { buildBot } from '../../../gateway/build.ts';
import { defaultAllowedHosts } from '../../../audio/src/settings.ts';
import { manage, type ChildEvents, type ManagedProcess, type ProcessSpec } from './child.ts';
import type { DataFolder } from './data-folder.ts';
import { Enrolments } from './enrolments.ts';
import type { PortName, PortPlan } from './ports.ts';

/** Where Discord and Lavalink are: the sandbox's addresses, or real ones from the settings of `--live`. */
export interface Outside {
  readonly discordApiUrl: string;
  readonly discordTrustPem?: string;
  readonly lavalinkNodes: readonly { id: string; url: string; password: string; trustPem?: string }[];
  /** Hosts that members may play URLs from, beside the built-in list. */
  readonly allowedHosts: readonly string[];
  /** Prefix of text searches. */
  readonly searchSource: string;
}

export interface PlatformOptions {
  readonly root: string;
  readonly installation: string;
  readonly folder: DataFolder;
  readonly plan: PortPlan;
  readonly rootKey: KeyObject;
  readonly logLevel: string;
  readonly sandbox: boolean;
  /** Where people reach the API and the portal from outside. */
  readonly publicUrl: string;
  readonly publicListen: { readonly host: string; readonly port: number };
  readonly outside: Outside;
  readonly databaseUrl?: string;
  readonly events: ChildEvents & { step(what: string): () => void };
}

export interface Platform extends AsyncDisposable {
  readonly processes: ReadonlyMap<string, ManagedProcess>;
  /** Signs the owner in, once, within the hour. */
  readonly ownerSignIn: string;
}

const host = '127.0.0.1';
const signInLifetimeMs = 60 * 60_000;
const databaseRoles = ['identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor'] as const;
type DatabaseRole = (typeof databaseRoles)[number];

/** Starts every process of an installation on this machine, in the order in which they need each other. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  await using stack = new AsyncDisposableStack();
  const processes = new Map<string, ManagedProcess>();
  const surroundings = {
    root: options.root,
    logFolder: options.folder.logs,
    cacheFolder: options.folder.cache,
    events: options.events,
  };
  const start = async (spec: ProcessSpec): Promise<void> => {
    const done = options.events.step(spec.name);
    const managed = stack.use(await manage(spec, surroundings));
    processes.set(spec.name, managed);
    done();
  };

  const database = await prepareDatabase(options, stack);
  const enrolments = new Enrolments(options.installation);
  const bundled = options.events.step('bot bundle');
  const { file } = await buildBot();
  bundled();
  const specs = createSpecs(options, enrolments, database, file);
  await start(specs.tokenService);
  const ownerSignIn = randomBytes(24).toString('base64url');
  const rest = [specs.proxy, specs.edge, specs.audio, specs.api(ownerSignIn), specs.worker, specs.supervisor];
  await Promise.all([...(options.sandbox ? [specs.sandbox] : []), ...rest].map(start));

  const owned = stack.move();
  return { processes, ownerSignIn, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Gives each service's role a password derived from the root key; returns the roles' connection strings. */
async function prepareDatabase(
  options: PlatformOptions,
  stack: AsyncDisposableStack,
): Promise<(role: DatabaseRole) => string> {
  const secret = (purpose: string) => deriveKey(options.rootKey, `postgres/${purpose}`).toString('base64url');
  let adminUrl = options.databaseUrl;
  if (adminUrl === undefined) {
    const done = options.events.step('PostgreSQL');
    const port = options.plan.ports.postgres;
    const postgres = await startEmbeddedPostgres({ folder: options.folder.postgres, port, password: secret('admin') });
    stack.use(postgres);
    await createDatabase(postgres.adminUrl('postgres'));
    adminUrl = postgres.adminUrl('bailiwick');
    done();
  }
  const done = options.events.step('database schema');
  await migrate(adminUrl);
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    for (const role of databaseRoles) {
      const statement = `alter role bailiwick_${role} login password ${pg.escapeLiteral(secret(role))}`;
      await admin.query(statement);
    }
  } finally {
    await admin.end();
  }
  done();
  const base = new URL(adminUrl);
  return (role) => {
    const url = new URL(base);
    url.username = `bailiwick_${role}`;
    url.password = secret(role);
    return url.href;
  };
}

async function createDatabase(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    const { rowCount } = await admin.query("select 1 from pg_database where datname = 'bailiwick'");
    if (rowCount === 0) await admin.query('create database bailiwick');
  } finally {
    await admin.end();
  }
}

function createSpecs(
  options: PlatformOptions,
  enrolments: Enrolments,
  databaseUrl: (role: DatabaseRole) => string,
  bundleFile: string,
) {
  const { plan, installation, logLevel, outside } = options;
  const url = (name: PortName) => `https://${host}:${plan.ports[name]}`;
  const base = (name: PortName) => ({
    installation,
    logLevel,
    listen: { host, port: plan.ports[name] },
    ops: { host, port: plan.ops(name) },
  });
  const identity = async (service: string) => ({
    identity: {
      url: url('token-service'),
      trustBundlePem: await enrolments.trustBundlePem,
      enrolment: await enrolments.issue(service),
    },
  });
  const database = (role: DatabaseRole, maxConnections: number) => ({
    database: { url: databaseUrl(role), maxConnections },
  });
  const custodian = (service: string) => ({
    custodian: {
      folder: path.join(options.folder.keyring, service),
      keyBase64: deriveKey(options.rootKey, `custodian/${service}`).toString('base64'),
    },
  });
  const proxy = { proxy: { url: url('proxy') } };
  const spec = (name: string, entry: string, settings: () => Promise<object>): ProcessSpec => ({
    name,
    entry,
    settings,
  });

  return {
    tokenService: {
      ...spec('token-service', 'security/identity/token-service/main.ts', async () => ({
        ...base('token-service'),
        ...database('identity', 4),
        ...custodian('token-service'),
      })),
      ipc: {
        started: (child) => enrolments.started(child),
        message: (message) => enrolments.received(message),
      },
    } satisfies ProcessSpec,
    proxy: spec('gateway-proxy', 'gateway-proxy/proxy/main.ts', async () => ({
      ...base('proxy'),
      ...(await identity('gateway-proxy')),
      ...database('proxy', 4),
      public: options.publicListen,
      upstreams: {
        'discord-edge': { url: url('discord-edge') },
        audio: { url: url('audio') },
        api: { url: url('api') },
        supervisor: { url: url('supervisor') },
        worker: { url: url('worker') },
      },
      lavalink: { nodes: outside.lavalinkNodes },
    })),
    edge: spec('discord-edge', 'gateway-proxy/discord-edge/main.ts', async () => ({
      ...base('discord-edge'),
      ...(await identity('discord-edge')),
      ...database('edge', 4),
      ...custodian('discord-edge'),
      discord: {
        apiUrl: outside.discordApiUrl,
        ...(outside.discordTrustPem ? { trustPem: outside.discordTrustPem } : {}),
      },
    })),
    audio: spec('audio', 'services/audio/src/main.ts', async () => ({
      ...base('audio'),
      ...(await identity('audio')),
      ...proxy,
      ...database('audio', 4),
      lavalink: { nodes: outside.lavalinkNodes.map(({ id }) => ({ id })) },
      searchSource: outside.searchSource,
      allowedHosts: [...defaultAllowedHosts, ...outside.allowedHosts],
    })),
    api: (ownerSignIn: string) => {
      const tokenSha256Base64 = createHash('sha256').update(ownerSignIn).digest('base64');
      const expiresAtMs = Date.now() + signInLifetimeMs;
      return spec('api', 'services/api/src/main.ts', async () => ({
        ...base('api'),
        ...(await identity('api')),
        ...proxy,
        ...database('api', 4),
        publicUrl: options.publicUrl,
        ownerSignIn: { tokenSha256Base64, expiresAtMs, subject: 'operator:owner' },
      }));
    },
    worker: spec('worker', 'services/worker/src/main.ts', async () => ({
      ...base('worker'),
      ...(await identity('worker')),
      ...proxy,
      ...database('worker', 4),
      ...custodian('worker'),
    })),
    supervisor: spec('supervisor', 'tenants/supervisor/main.ts', async () => ({
      ...base('supervisor'),
      ...(await identity('supervisor')),
      ...proxy,
      ...database('supervisor', 3),
      bots: { bundleFile },
    })),
    sandbox: spec('sandbox', 'test/sandbox/main.ts', async () => ({
      host,
      discordPort: plan.ports['sandbox-discord'],
      lavalinkPort: plan.ports['sandbox-lavalink'],
      lavalinkPassword: outside.lavalinkNodes[0]?.password,
      stateFile: options.folder.sandboxState,
    })),
  };
}
