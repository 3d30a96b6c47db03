import { once } from 'node:events';
import tls from 'node:tls';
import pg from 'pg';
import { Pool, type Dispatcher } from 'undici';
import type { TlsMaterial } from '#infra/http/service.ts';
import { startHttpService } from '#infra/http/service.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { newTenantId, snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { callDigest, type CallParameters } from '#policies/entered.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import type { Agent } from '#security/identity/agent.ts';
import { installGuard } from '#security/identity/guard.ts';
import type { Audience, ServiceName } from '#security/identity/spiffe.ts';
import {
  issueTransactionToken,
  newTransactionId,
  type Member,
  type Transaction,
} from '#security/identity/transaction-token.ts';
import type { Lifetimes } from '#security/identity/token-service/settings.ts';
import { workloadTls } from '#security/identity/workload-connection.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import type { BreakerSettings } from './relay/breaker.ts';
import { buildProxy, type Proxy } from './build.ts';
import { limitsSchema, type LimitSettings } from './limits/limits.ts';
import type { LavalinkNode } from './relay/upstreams.ts';

export const guildOne = snowflake('80351110224678912');
export const guildTwo = snowflake('80351110224678913');
export const userOne = snowflake('90351110224678914');

/** A caller of the proxy: a service's agent or a bot, each with its own certificate. */
export interface TestCaller {
  readonly tls: TlsMaterial;
  callToken(audience: Audience): Promise<string>;
}

export interface CallOptions {
  readonly method?: Dispatcher.HttpMethod;
  readonly path: string;
  readonly txnToken?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Default: the caller's own for the target that the path names. */
  readonly callToken?: string;
}

export interface TestProxy extends AsyncDisposable {
  readonly proxy: Proxy;
  readonly installation: TestInstallation;
  readonly database: TestDatabase;
  readonly admin: pg.Pool;
  readonly proxySpiffeId: string;
  newTenant(status?: string): Promise<TenantId>;
  /** Settings of upstreams, for another proxy of the same installation. */
  readonly upstreams: Readonly<Record<string, { url: string }>>;
  /** Callers of another proxy of the same installation. */
  callersAt(port: number): Callers;
  call(caller: TestCaller, options: CallOptions): Promise<Dispatcher.ResponseData>;
  /** TLS options to connect to the proxy as this caller; for clients of other protocols. */
  tlsOptions(caller: TestCaller): tls.ConnectionOptions;
  /** Raw bytes over the caller's own TLS connection, and everything received until it is closed. */
  raw(caller: TestCaller, bytes: string): Promise<string>;
  connect(caller: TestCaller): Promise<tls.TLSSocket>;
  discordToken(
    tenant: TenantId,
    scope: readonly string[],
    member?: Partial<Extract<Member, { kind: 'discord' }>>,
    /** The response of each action. */
    entered?: Readonly<Record<string, CallParameters>>,
  ): Promise<string>;
  tenantMemberToken(tenant: TenantId, scope: readonly string[], subject: string, guild?: Snowflake): Promise<string>;
  audit(tenant: TenantId): Promise<AuditRecord[]>;
}

export interface TestProxyOptions {
  readonly services?: Partial<Record<'audio' | 'discord-edge' | 'supervisor' | 'api', (app: HttpApp) => void>>;
  /** For upstreams that are not services behind a guard; their certificates come from the installation. */
  readonly upstreamUrls?: (
    installation: TestInstallation,
  ) => Promise<Partial<Record<'audio' | 'discord-edge', string>>>;
  readonly lavalink?: readonly LavalinkNode[];
  readonly limits?: Partial<LimitSettings>;
  readonly breaker?: BreakerSettings;
  /** The trusted reverse proxy in front of the public listener. */
  readonly trustedProxies?: readonly string[];
  readonly lifetimes?: Partial<Lifetimes>;
}

const loopback = { host: '127.0.0.1', port: 0 };

/** A whole proxy with real identities, a real database and real upstreams behind their guards. */
export async function startTestProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  await using starting = new AsyncDisposableStack();
  const database = starting.use(await testDatabase('proxy'));
  const installation = starting.use(await testInstallation({ database, lifetimes: options.lifetimes ?? {} }));
  const admin = new pg.Pool({ connectionString: database.adminUrl, max: 2 });
  starting.defer(() => admin.end());
  const upstreams: Record<string, { url: string }> = {};
  for (const [name, register] of Object.entries(options.services ?? {})) {
    upstreams[name] = { url: await startUpstream(installation, name as ServiceName, register, starting) };
  }
  const urls = (await options.upstreamUrls?.(installation)) ?? {};
  for (const [name, url] of Object.entries(urls)) upstreams[name] = { url };
  const agent = await installation.agentFor('gateway-proxy');
  const proxy = starting.use(
    await buildProxy(
      {
        listen: loopback,
        ops: loopback,
        public: { ...loopback, trustedProxies: options.trustedProxies ?? [] },
        database: { url: database.urlOf('proxy'), maxConnections: 4 },
        upstreams,
        lavalink: { nodes: [...(options.lavalink ?? [])] },
        sharedState: { kind: 'memory' },
        limits: limitsSchema.parse(options.limits ?? {}),
      },
      { agent, logger: silentLogger(), ...(options.breaker ? { breaker: options.breaker } : {}) },
    ),
  );
  const callers = new Callers(proxy.port, agent.spiffeId);
  starting.use(callers);
  const resources = starting.move();
  return {
    proxy,
    installation,
    database,
    admin,
    proxySpiffeId: agent.spiffeId,
    newTenant: (status = 'active') => newTenant(admin, status),
    upstreams,
    callersAt: (port) => new Callers(port, agent.spiffeId),
    call: (caller, call) => callers.call(caller, call),
    tlsOptions: (caller) => callers.tlsOptions(caller),
    raw: (caller, bytes) => callers.raw(caller, bytes),
    connect: (caller) => callers.connect(caller),
    discordToken: async (tenant, scope, member = {}, entered = {}) => {
      const interaction = {
        id: '5001',
        optionsDigest: 'digest',
        callDigests: Object.fromEntries(Object.entries(entered).map(([action, said]) => [action, callDigest(said)])),
      };
      const witnessed: Member = {
        kind: 'discord',
        user: userOne,
        guild: guildOne,
        channel: guildOne,
        roles: [],
        permissions: '0',
        voiceChannel: null,
        command: 'skip',
        ...member,
      };
      return sign(await installation.agentFor('discord-edge'), tenant, scope, witnessed, interaction);
    },
    tenantMemberToken: async (tenant, scope, subject, guild) =>
      sign(await installation.agentFor('api'), tenant, scope, {
        kind: 'tenant-member',
        subject,
        ...(guild === undefined ? {} : { guild }),
      }),
    audit: (tenant) => auditOf(admin, tenant),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** A service behind its guard, with its own certificate. @returns its https origin */
export async function startUpstream(
  installation: TestInstallation,
  name: ServiceName,
  register: (app: HttpApp) => void,
  stack: AsyncDisposableStack,
  port = 0,
): Promise<string> {
  const agent = await installation.agentFor(name);
  const upstream = stack.use(
    await startHttpService({
      name,
      logger: silentLogger(),
      listen: { ...loopback, port },
      ops: loopback,
      tls: agent.tls,
      register: (app) => {
        installGuard(app, { agent, audience: name });
        register(app);
      },
    }),
  );
  return upstream.url;
}

async function newTenant(admin: pg.Pool, status: string): Promise<TenantId> {
  const tenant = newTenantId();
  await admin.query('insert into tenant (id, name, status, updated_at) values ($1, $2, $3, now())', [
    tenant,
    tenant,
    status,
  ]);
  await admin.query('insert into policy_version (tenant_id, version) values ($1, 1)', [tenant]);
  return tenant;
}

async function auditOf(admin: pg.Pool, tenant: TenantId): Promise<AuditRecord[]> {
  const { rows } = await admin.query<{ record: string }>(
    "select string_to_table(record, E'\\n') as record from audit_journal where tenant_id = $1 order by id",
    [tenant],
  );
  return rows.map(({ record }) => JSON.parse(record) as AuditRecord);
}

async function sign(
  witness: Agent,
  tenant: TenantId,
  scope: readonly string[],
  member: Member,
  interaction?: Transaction['interaction'],
): Promise<string> {
  const signer = await witness.delegate('transaction-token');
  const nowMs = Date.now();
  return issueTransactionToken(
    signer,
    { txn: newTransactionId(nowMs), tenant, scope, member, interaction },
    { lifetimeSec: 60, nowMs },
  );
}

/** Connections of the callers to the proxy, each with the caller's own certificate. */
export class Callers implements AsyncDisposable {
  readonly #port: number;
  readonly #proxySpiffeId: string;
  readonly #pools = new Map<TestCaller, Pool>();
  readonly #sockets = new Set<tls.TLSSocket>();

  constructor(port: number, proxySpiffeId: string) {
    this.#port = port;
    this.#proxySpiffeId = proxySpiffeId;
  }

  tlsOptions({ tls: material }: TestCaller): tls.ConnectionOptions {
    const { certificatePem, privateKeyPem, trustBundlePem } = material.current();
    return { ...workloadTls(trustBundlePem, this.#proxySpiffeId), cert: certificatePem, key: privateKeyPem };
  }

  async call(caller: TestCaller, options: CallOptions): Promise<Dispatcher.ResponseData> {
    const { method = 'GET', path, txnToken, headers, body } = options;
    let pool = this.#pools.get(caller);
    if (!pool) {
      pool = new Pool(`https://127.0.0.1:${this.#port}`, {
        connect: { ...this.tlsOptions(caller), maxCachedSessions: 0 },
      });
      this.#pools.set(caller, pool);
    }
    const target = path.split('/')[1] as Audience;
    return pool.request({
      method,
      path,
      headers: {
        authorization: `Bearer ${options.callToken ?? (await caller.callToken(target))}`,
        ...(txnToken === undefined ? {} : { 'txn-token': txnToken }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
  }

  async connect(caller: TestCaller): Promise<tls.TLSSocket> {
    const socket = tls.connect({ host: '127.0.0.1', port: this.#port, ...this.tlsOptions(caller) });
    this.#sockets.add(socket);
    await once(socket, 'secureConnect');
    return socket;
  }

  async raw(caller: TestCaller, bytes: string): Promise<string> {
    const socket = await this.connect(caller);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.once('error', () => resolve());
    });
    socket.write(Buffer.from(bytes, 'latin1'));
    await closed;
    return Buffer.concat(chunks).toString('latin1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }
}
