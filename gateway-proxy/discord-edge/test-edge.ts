import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { request as undiciRequest } from 'undici';
import { readNdjson } from '#infra/http/ndjson.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newId, newTenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger, type Logger } from '#infra/logger/logger.ts';
import type { Action } from '#security/identity/actions.ts';
import { grantHeader, issueGrant } from '#security/identity/grant.ts';
import { bot, service, spiffeId, type ServiceName } from '#security/identity/spiffe.ts';
import { connectWorkload, type WorkloadConnection } from '#security/identity/workload-connection.ts';
import type { TestDatabase } from '#test/database.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import type { Limits } from '#test/sandbox/limits.ts';
import { startSandbox, type Sandbox } from '#test/sandbox/sandbox.ts';
import {
  createApplication,
  createUser,
  installApplication,
  updateApplication,
} from '#test/sandbox/world/applications.ts';
import { addPerson, createChannel, createGuild } from '#test/sandbox/world/guilds.ts';
import type { Application, Guild } from '#test/sandbox/world/types.ts';
import { buildDiscordEdge, type DiscordEdge, type DiscordEdgePorts } from './build.ts';
import { startLink, type Link } from './test-link.ts';
import { eventually, StreamClient } from './test-stream.ts';
import { discordEdgeSettingsSchema, type DiscordEdgeSettings } from './settings.ts';

/** A call as gateway-proxy would forward it. */
export interface ProxiedCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly action: Action;
  readonly tenant?: TenantId;
  readonly guild?: string;
  /** A service, or the tenant's bot. */
  readonly from?: ServiceName | 'bot';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: unknown;
}

/** A tenant with its own application in the sandbox, in its own guild. */
export interface TestTenant {
  readonly id: TenantId;
  readonly application: Application;
  readonly guild: Guild;
  readonly text: string;
  readonly voice: string;
  readonly member: string;
}

/** The Discord edge on a real sandbox, a real database and real identities; the caller plays gateway-proxy. */
export class TestEdge implements AsyncDisposable {
  readonly sandbox: Sandbox;
  /** The link between the edge and Discord. */
  readonly link: Link;
  readonly installation: TestInstallation;
  /** Of the process that was started last. */
  #port = 0;
  readonly #settings: DiscordEdgeSettings;
  readonly #logger: Logger;
  readonly #stack: AsyncDisposableStack;
  #running: { stop(how: 'gracefully' | 'killed'): Promise<void> } | undefined;
  #connection: WorkloadConnection | undefined;

  private constructor(
    sandbox: Sandbox,
    link: Link,
    installation: TestInstallation,
    settings: DiscordEdgeSettings,
    logger: Logger,
    stack: AsyncDisposableStack,
  ) {
    this.sandbox = sandbox;
    this.link = link;
    this.installation = installation;
    this.#settings = settings;
    this.#logger = logger;
    this.#stack = stack;
  }

  static async create(
    options: { limits?: Partial<Limits>; logger?: Logger; database?: TestDatabase; edges?: number } = {},
  ): Promise<TestEdge> {
    const logger = options.logger ?? silentLogger();
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-edge-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    const sandbox = stack.use(await startSandbox({ limits: { identifyIntervalMs: 0, ...options.limits } }));
    const link = stack.use(await startLink(Number(new URL(sandbox.discord.apiUrl).port)));
    const { database } = options;
    const installation = stack.use(await testInstallation(database ? { database } : {}));
    const url = installation.database.urlOf('edge');
    const settings = discordEdgeSettingsSchema.parse({
      sharedState: (options.edges ?? 1) === 1 ? { kind: 'memory' } : { kind: 'postgres', url },
      ...installation.enrolmentFor('discord-edge'),
      replica: { number: 1, of: options.edges ?? 1 },
      listen: { host: '127.0.0.1', port: 0 },
      ops: { host: '127.0.0.1', port: 0 },
      database: { url, maxConnections: 4 },
      keys: { kind: 'file', folder, keyBase64: randomBytes(32).toString('base64') },
      discord: { apiUrl: `http://127.0.0.1:${link.port}/api` },
    });
    return new TestEdge(sandbox, link, installation, settings, logger, stack.move());
  }

  /** A second edge of the same installation. */
  beside(): TestEdge {
    const settings = { ...this.#settings, replica: { number: 2, of: 2 } };
    const { sandbox, link, installation } = this;
    return new TestEdge(sandbox, link, installation, settings, this.#logger, new AsyncDisposableStack());
  }

  /** Starts the edge in this process. */
  async start(ports: Partial<DiscordEdgePorts> = {}): Promise<DiscordEdge> {
    const agent = await this.installation.agentFor('discord-edge');
    const edge = await buildDiscordEdge(this.#settings, { logger: this.#logger, agent, ...ports });
    this.#running = { stop: async () => edge[Symbol.asyncDispose]() };
    await this.#connect(edge.url);
    return edge;
  }

  /** Starts the edge as a separate process, which can be killed. */
  /** At the same address as before, so that what the process before held is free at once. */
  async spawn(): Promise<ChildProcess> {
    const listen = { ...this.#settings.listen, port: this.#port };
    const settings = { ...this.#settings, listen, ...this.installation.enrolmentFor('discord-edge') };
    const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        BAILIWICK_SETTINGS_FD: '3',
      },
    });
    const pipe = child.stdio[3] as NodeJS.WritableStream;
    pipe.end(JSON.stringify(settings));
    const exited = once(child, 'exit');
    this.#running = {
      stop: async (how) => {
        child.kill(how === 'killed' ? 'SIGKILL' : 'SIGTERM');
        await exited;
      },
    };
    if (!child.stdout) throw new Error('the edge has no output');
    for await (const line of createInterface(child.stdout)) {
      const said = JSON.parse(line) as { ready: boolean; port: number };
      if (!said.ready) throw new Error(`the edge did not start: ${line}`);
      this.#port = said.port;
      await this.#connect(`https://127.0.0.1:${said.port}`);
      return child;
    }
    throw new Error('the edge ended before it was ready');
  }

  async stop(how: 'gracefully' | 'killed' = 'gracefully'): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.stop(how);
    await this.#connection?.[Symbol.asyncDispose]();
    this.#connection = undefined;
  }

  async call(call: ProxiedCall): Promise<Answer> {
    const answer = await this.#send(call);
    const text = await answer.body.text();
    const json = String(answer.headers['content-type'] ?? '').includes('json') && text !== '';
    return { status: answer.statusCode, headers: answer.headers, body: json ? (JSON.parse(text) as unknown) : text };
  }

  /** A bot's call to Discord; `path` starts after /api/v10. */
  rest(tenant: TestTenant, method: ProxiedCall['method'], discordPath: string, body?: unknown): Promise<Answer> {
    return this.call({
      method,
      path: `/v1/tenants/${tenant.id}/rest${discordPath}`,
      action: 'discord.rest',
      tenant: tenant.id,
      from: 'bot',
      body,
    });
  }

  async stream(call: Omit<ProxiedCall, 'method' | 'body'>): Promise<StreamClient> {
    const stop = new AbortController();
    const answer = await this.#send({ ...call, method: 'GET', signal: stop.signal });
    if (answer.statusCode !== 200) throw new Error(`no stream: ${answer.statusCode} ${await answer.body.text()}`);
    return new StreamClient(readNdjson(answer.body), stop);
  }

  /** What a bot sees of its tenant. */
  attach(tenant: TestTenant): Promise<StreamClient> {
    return this.stream({
      path: `/v1/tenants/${tenant.id}/gateway/stream`,
      action: 'gateway.stream',
      tenant: tenant.id,
      from: 'bot',
    });
  }

  /** Its id among the edges. */
  async replica(): Promise<string> {
    const [row] = await this.admin("select id from replica where part = 'discord-edge' and address = $1", [this.#url]);
    return String(row?.['id']);
  }

  /** What audio sees of voice. */
  async voiceEvents(): Promise<StreamClient> {
    return this.stream({
      path: `/v1/replicas/${await this.replica()}/voice-events`,
      action: 'voice.events',
      from: 'audio',
    });
  }

  acknowledge(tenant: TestTenant, seq: number): Promise<Answer> {
    const route = `/v1/tenants/${tenant.id}/gateway/ack`;
    return this.call({
      method: 'POST',
      path: route,
      action: 'gateway.send',
      tenant: tenant.id,
      from: 'bot',
      body: { seq },
    });
  }

  storeCredential(tenant: TestTenant, token = tenant.application.token): Promise<Answer> {
    return this.call({
      method: 'PUT',
      path: `/v1/tenants/${tenant.id}/credential`,
      action: 'credential.store',
      tenant: tenant.id,
      body: { token, applicationId: tenant.application.id },
    });
  }

  session(tenant: TestTenant, method: 'GET' | 'PUT' | 'DELETE'): Promise<Answer> {
    const action = ({ GET: 'session.read', PUT: 'session.start', DELETE: 'session.stop' } as const)[method];
    return this.call({ method, path: `/v1/tenants/${tenant.id}/session`, action, tenant: tenant.id });
  }

  /** Creates a customer whose bot is in its own guild. */
  async tenant(name: string, status = 'active'): Promise<TestTenant> {
    const { world } = this.sandbox;
    const owner = createUser(world, `Owner of ${name}`);
    const guild = createGuild(world, `Guild of ${name}`, owner.id);
    const text = createChannel(world, guild.id, { name: 'music', type: 'text' });
    const voice = createChannel(world, guild.id, { name: 'Lounge', type: 'voice' });
    const member = addPerson(world, guild.id, `Member of ${name}`);
    const application = createApplication(world, name, owner.id);
    updateApplication(world, application.id, { description: name });
    installApplication(world, guild.id, application.id);
    const id = newTenantId();
    await this.admin('insert into tenant (id, name, status) values ($1, $2, $3)', [id, name, status]);
    return { id, application, guild, text: text.id, voice: voice.id, member: member.userId };
  }

  /** The same, with its token stored and its session connected. */
  async connected(name: string): Promise<TestTenant> {
    const tenant = await this.tenant(name);
    const stored = await this.storeCredential(tenant);
    if (stored.status !== 200) throw new Error(`not stored: ${JSON.stringify(stored.body)}`);
    await this.session(tenant, 'PUT');
    await eventually(async () => {
      const { body } = await this.session(tenant, 'GET');
      return (
        (body as { status: string; guilds: number }).status === 'connected' && (body as { guilds: number }).guilds === 1
      );
    });
    return tenant;
  }

  /** Runs a statement that bypasses row-level security. */
  async admin(statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.installation.database.adminUrl });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** How often an application did something at the sandbox's gateway. */
  count(kind: 'identify' | 'resume', tenant: TestTenant, outcome?: string): number {
    return this.sandbox.requestLog
      .since()
      .filter(
        (entry) =>
          entry.kind === kind &&
          entry.applicationId === tenant.application.id &&
          (outcome === undefined || entry.outcome === outcome),
      ).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#stack.disposeAsync();
  }

  async #connect(url: string): Promise<void> {
    const { installation } = this.installation;
    const agent = await this.installation.agentFor('gateway-proxy');
    const expectedSpiffeId = spiffeId(installation, service('discord-edge'));
    this.#connection = connectWorkload({ url, expectedSpiffeId, tls: agent.tls, clock: systemClock });
    this.#url = url;
  }

  #url = '';

  async #send(call: ProxiedCall) {
    const connection = this.#connection;
    if (!connection) throw new Error('the edge does not run');
    const agent = await this.installation.agentFor('gateway-proxy');
    const from = call.from ?? 'api';
    const caller = from === 'bot' ? bot(call.tenant as TenantId) : service(from);
    const grant = await issueGrant(
      await agent.delegate('grant', 'discord-edge'),
      {
        caller,
        tenant: call.tenant,
        guild: call.guild as Snowflake | undefined,
        action: call.action,
        decision: newId('dec'),
        requestId: newId('req'),
      },
      { audience: 'discord-edge', nowMs: Date.now() },
    );
    return undiciRequest(`${this.#url}${call.path}`, {
      dispatcher: connection.dispatcher(),
      method: call.method,
      headers: { [grantHeader]: grant, ...(call.body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      ...(call.signal ? { signal: call.signal } : {}),
    });
  }
}
