import { openFeatureFlags } from '#policies/feature-flags.ts';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Registry } from 'prom-client';
import { tryToLead } from '#infra/database/leadership.ts';
import { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import { openDatabase } from '#infra/database/pool.ts';
import { thisMachine } from '#infra/leases/replica-settings.ts';
import { TenantLeases } from '#infra/leases/tenant-leases.ts';
import { startHttpService, type HttpService } from '#infra/http/service.ts';
import { openJobs } from '#infra/jobs/jobs.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { sequencerLock } from '#security/audit/sequencer.ts';
import { createCaller } from '#security/identity/caller.ts';
import { installGuard } from '#security/identity/guard.ts';
import { openTenantKeyring } from '#security/keyring/external/tenant-keyring.ts';
import { externalKeysSettingsSchema } from '#security/keyring/external/settings.ts';
import { createFileCustodian, type FileCustodianSettings } from '#security/keyring/file-custodian.ts';
import { sealingKeyOf } from '#security/keyring/sealed-node.ts';
import { buildDiscordEdge, type DiscordEdge } from '#gateway-proxy/discord-edge/build.ts';
import { discordEdgeSettingsSchema } from '#gateway-proxy/discord-edge/settings.ts';
import { buildProxy, type Proxy } from '#gateway-proxy/proxy/build.ts';
import { limitsSchema, type LimitSettings } from '#gateway-proxy/proxy/limits/limits.ts';
import { buildAudio, keysMayBeAwayMs } from '#services/audio/src/build.ts';
import { followReplicas } from '#infra/leases/followed-replicas.ts';
import { createEdgeRequestChannels } from '#services/audio/src/infrastructure/edge-request-channels.ts';
import { createEdgeVoiceLink } from '#services/audio/src/infrastructure/edge-voice-link.ts';
import { followDirectory } from '#services/audio/src/infrastructure/lavalink/follow-directory.ts';
import { NodeDirectory } from '#services/audio/src/infrastructure/lavalink/node-directory.ts';
import { createProxyTransport } from '#services/audio/src/infrastructure/lavalink/proxy-transport.ts';
import { buildApi } from '#services/api/src/build.ts';
import { apiSettingsSchema, type ApiSettings } from '#services/api/src/settings.ts';
import { buildWorker } from '#services/worker/src/build.ts';
import type { WebhookSettings } from '#services/contracts/webhook-settings.ts';
import { buildSupervisor } from '#tenants/supervisor/build.ts';
import type { ToBot } from '#tenants/instance-protocol/door.ts';
import type { Launcher } from '#tenants/supervisor/launcher.ts';
import { supervisorSettingsSchema } from '#tenants/supervisor/settings.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { freePort } from '#test/free-port.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { startSandbox, type Sandbox } from '#test/sandbox/sandbox.ts';
import { createApplication, createUser, updateApplication } from '#test/sandbox/world/applications.ts';

export interface PartsOptions {
  /** Bots are not run, but report at once that they are ready. */
  readonly botsAreReady?: boolean;
  readonly limits?: Partial<LimitSettings>;
  /** Operations per minute at the api. */
  readonly apiLimits?: Partial<ApiSettings['limits']>;
  /** Folder of the portal's files; without it there is no portal. */
  readonly portalFolder?: string;
  /** Where events may be sent; by default to no private network. */
  readonly webhooks?: WebhookSettings;
  readonly logger: Logger;
}

/** Every part of the platform except the bots' processes, in this process, wired as `bailiwick up` wires them. */
export interface Parts extends AsyncDisposable {
  readonly installation: TestInstallation;
  readonly database: TestDatabase;
  readonly sandbox: Sandbox;
  readonly proxy: Proxy;
  readonly edge: DiscordEdge;
  readonly urls: Readonly<Record<'audio' | 'discord-edge' | 'api' | 'supervisor' | 'worker', string>>;
  readonly ownerSignIn: string;
  /** Where the api keeps its keys; for tests that forge browser sessions. */
  readonly apiKeys: FileCustodianSettings;
  /** Where the edge keeps its keys; without that folder they are unavailable. */
  readonly edgeKeys: FileCustodianSettings;
  /** Where audio keeps its own. */
  readonly audioKeys: FileCustodianSettings;
}

const loopback = { host: '127.0.0.1', port: 0 };
const listening = { listen: loopback, ops: loopback, logLevel: 'error' as const };
/** Tests send in a second what people send in an hour; tests of the limits set their own. */
const roomy = { perSec: 10_000, burst: 20_000 };
const roomyLimits = { tenant: roomy, workload: roomy, publicAddress: roomy, recordedDenials: roomy, denials: roomy };

export async function startParts({
  limits = {},
  apiLimits = {},
  portalFolder,
  botsAreReady = false,
  webhooks = { privateHosts: [] },
  logger,
}: PartsOptions): Promise<Parts> {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await testDatabase('api'));
  const [installation, sandbox, proxyPort] = await Promise.all([
    testInstallation({ database, logger }),
    startSandbox({ limits: { identifyIntervalMs: 0 } }),
    freePort(),
  ]);
  stack.use(installation);
  stack.use(sandbox);
  const proxyUrl = `https://127.0.0.1:${proxyPort}`;
  const ownerSignIn = randomBytes(24).toString('base64url');
  const apiKeys = await custodian('api', stack);
  const surroundings: Surroundings = {
    botsAreReady,
    installation,
    database,
    sandbox,
    proxyUrl,
    logger,
    ownerSignIn,
    apiKeys,
    apiLimits,
    portalFolder,
    webhooks,
  };
  const edgeKeys = await custodian('edge', stack);
  const edge = stack.use(await startEdge(surroundings, edgeKeys));
  const audioKeys = await custodian('audio', stack);
  const audio = await startAudio(surroundings, audioKeys, stack);
  const api = await startApi(surroundings, `http://127.0.0.1:${audio.opsPort}`, stack);
  const supervisor = await startSupervisor(surroundings, stack);
  const worker = await startWorker(surroundings, stack);
  const urls = { audio: audio.url, 'discord-edge': edge.url, api: api.url, supervisor, worker: worker.url };
  const { password, port } = sandbox.lavalink;
  const proxy = stack.use(
    await buildProxy(
      {
        listen: { host: '127.0.0.1', port: proxyPort },
        ops: loopback,
        public: { ...loopback, trustedProxies: [] },
        database: { url: database.urlOf('proxy'), maxConnections: 4 },
        upstreams: Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }])),
        sharedState: { kind: 'memory' },
        lavalink: {
          nodes: [{ id: 'main', url: `http://127.0.0.1:${port}`, password }],
          openingKeyBase64: nodeKeyBase64,
        },
        limits: limitsSchema.parse({ ...roomyLimits, ...limits }),
      },
      { agent: await installation.agentFor('gateway-proxy'), logger },
    ),
  );
  const resources = stack.move();
  return {
    installation,
    database,
    sandbox,
    proxy,
    edge,
    urls,
    ownerSignIn,
    apiKeys,
    edgeKeys,
    audioKeys,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

interface Surroundings {
  readonly botsAreReady: boolean;
  readonly installation: TestInstallation;
  readonly database: TestDatabase;
  readonly sandbox: Sandbox;
  readonly proxyUrl: string;
  readonly logger: Logger;
  readonly ownerSignIn: string;
  readonly apiKeys: FileCustodianSettings;
  readonly apiLimits: Partial<ApiSettings['limits']>;
  readonly portalFolder: string | undefined;
  readonly webhooks: WebhookSettings;
}

async function custodian(name: string, stack: AsyncDisposableStack) {
  const folder = await mkdtemp(path.join(tmpdir(), `bailiwick-${name}-`));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  return { folder, keyBase64: randomBytes(32).toString('base64') };
}

async function startEdge(
  { installation, database, sandbox, logger }: Surroundings,
  keys: FileCustodianSettings,
): Promise<DiscordEdge> {
  const settings = discordEdgeSettingsSchema.parse({
    ...listening,
    ...installation.enrolmentFor('discord-edge'),
    database: { url: database.urlOf('edge'), maxConnections: 4 },
    keys: { kind: 'file', ...keys },
    discord: { apiUrl: sandbox.discord.apiUrl },
  });
  return buildDiscordEdge(settings, { logger, agent: await installation.agentFor('discord-edge') });
}

/** Opens what is stored of nodes that operators add. */
const nodeKeyBase64 = randomBytes(32).toString('base64');

async function startAudio(
  { installation, database, proxyUrl, logger }: Surroundings,
  keys: FileCustodianSettings,
  stack: AsyncDisposableStack,
): Promise<HttpService> {
  const clock = systemClock;
  const health = new Health();
  const metrics = new Registry();
  const agent = await installation.agentFor('audio');
  const pool = stack.use(openDatabase({ url: database.urlOf('audio'), maxConnections: 4 }));
  const caller = stack.use(createCaller({ agent, proxy: { url: proxyUrl }, clock }));
  const leases = stack.use(
    new TenantLeases({ database: pool, part: 'audio', replicas: 1, machine: thisMachine(), clock, logger }),
  );
  const custodian = createFileCustodian(keys);
  const external = { keeper: 'audio', database: pool, settings: externalKeysSettingsSchema.parse({}) } as const;
  const keyring = await openTenantKeyring(custodian, { ...external, clock, logger, whileAwayMs: keysMayBeAwayMs });
  const edges = stack.use(await followReplicas({ database: pool, part: 'discord-edge', logger }));
  const settings = [{ id: 'main' }];
  const nodes = new NodeDirectory(settings);
  stack.use(await followDirectory({ database: pool, directory: nodes, settings, logger }));
  const caches = new CacheMetrics(metrics);
  const features = stack.use(await openFeatureFlags({ database: pool, clock, metrics: caches }));
  const audio = stack.use(
    buildAudio(
      { nodes, searchSource: 'ytsearch', allowedHosts: ['music.sandbox.test', 'youtube.com'] },
      {
        database: pool,
        leases,
        library: { database: pool, custodian, ...keyring },
        transport: createProxyTransport({ agent, caller, proxy: { url: proxyUrl } }),
        voiceLink: createEdgeVoiceLink(caller, edges, clock),
        requestChannels: createEdgeRequestChannels(caller),
        clock,
        logger,
        health,
        metrics,
        caches,
        features,
      },
    ),
  );
  const http = stack.use(
    await startHttpService({
      name: 'audio',
      logger,
      ...listening,
      tls: agent.tls,
      health,
      metrics,
      bodyLimitBytes: 16 * 1024,
      register(app) {
        installGuard(app, { agent, audience: 'audio', clock });
        audio.register(app);
      },
    }),
  );
  await leases.join(http.url, audio.tenants);
  return http;
}

/** The platform's own application in the sandbox's Discord, for signing in. */
function discordSignIn(sandbox: Sandbox) {
  const owner = createUser(sandbox.world, 'Platform');
  const application = createApplication(sandbox.world, 'Bailiwick', owner.id);
  const redirectUri = 'http://127.0.0.1:8080/v1/auth/discord/callback';
  updateApplication(sandbox.world, application.id, { redirectUris: [redirectUri] });
  const { apiUrl } = sandbox.discord;
  return {
    authorizeUrl: new URL('/oauth2/authorize', apiUrl).href,
    tokenUrl: `${apiUrl}/v10/oauth2/token`,
    userUrl: `${apiUrl}/v10/users/@me`,
    clientId: application.id,
    clientSecret: application.clientSecret,
    redirectUri,
  };
}

function startApi(surroundings: Surroundings, audioOps: string, stack: AsyncDisposableStack): Promise<HttpService> {
  const { installation, database, proxyUrl, logger, ownerSignIn, sandbox, apiKeys } = surroundings;
  const { apiLimits, portalFolder } = surroundings;
  const settings = apiSettingsSchema.parse({
    ...listening,
    ...installation.enrolmentFor('api'),
    proxy: { url: proxyUrl },
    database: { url: database.urlOf('api'), maxConnections: 4 },
    publicUrl: 'http://127.0.0.1:8080',
    probeQuery: 'eight second bell',
    developerPortal: { url: new URL('/developers/applications', sandbox.discord.chatUrl).href, sandbox: true },
    ...(portalFolder === undefined ? {} : { portal: { folder: portalFolder } }),
    limits: { signedIn: 1_000_000, operator: 1_000_000, anonymous: 1_000_000, ...apiLimits },
    lavalink: { nodes: [{ id: 'main' }], sealingKeyBase64: sealingKeyOf(nodeKeyBase64) },
    processes: [
      { name: 'token-service', url: installation.opsUrl },
      { name: 'audio', url: audioOps },
      // Nothing listens there.
      { name: 'gateway-proxy', url: 'http://127.0.0.1:1' },
    ],
    keys: { kind: 'file', ...apiKeys },
    custodian: { kind: 'file', sealedBy: 'key-file' },
    discordSignIn: discordSignIn(sandbox),
    operatorSignIn: {
      tokenSha256Base64: createHash('sha256').update(ownerSignIn).digest('base64'),
      expiresAtMs: Date.now() + 3_600_000,
    },
  });
  return buildApi(settings, logger, stack);
}

/** Runs nothing: in these tests the attacker is the bot, with the identity that the supervisor vouches for. */
const noBots = (areReady: boolean): Launcher => ({
  layers: [],
  launch(_tenant, { message, exited }) {
    const end = () => exited({ code: 0, signal: null });
    if (areReady) setImmediate(() => message({ type: 'state', state: 'ready' }));
    const send = (said: ToBot) => {
      if (said.type === 'ping') message({ type: 'pong', id: said.id });
    };
    return { pid: undefined, send, stop: end, kill: end };
  },
});

async function startSupervisor(
  { installation, database, proxyUrl, logger, botsAreReady }: Surroundings,
  stack: AsyncDisposableStack,
): Promise<string> {
  const settings = supervisorSettingsSchema.parse({
    ...listening,
    ...installation.enrolmentFor('supervisor'),
    proxy: { url: proxyUrl },
    database: { url: database.urlOf('supervisor'), maxConnections: 3 },
    bots: { bundleFile: 'none' },
  });
  const agent = await installation.agentFor('supervisor');
  const { service } = await buildSupervisor(settings, { agent, logger, launcher: noBots(botsAreReady) }, stack);
  return service.url;
}

async function startWorker(
  { installation, database: server, webhooks, logger }: Surroundings,
  stack: AsyncDisposableStack,
): Promise<HttpService> {
  const clock = systemClock;
  const health = new Health();
  const metrics = new Registry();
  const url = server.urlOf('worker');
  const database = stack.use(openDatabase({ url, maxConnections: 4 }));
  const jobs = stack.use(await openJobs({ url, maxConnections: 2 }, { database, logger }));
  const agent = await installation.agentFor('worker');
  const built = await buildWorker(
    { installation: installation.installation, webhooks, events: { carrier: 'postgres' } },
    {
      database,
      source: agent.spiffeId,
      jobs,
      lead: () => tryToLead(url, sequencerLock),
      leadKeys: () => tryToLead(url, 'replacing the key of the worker'),
      custodian: createFileCustodian(await custodian('worker', stack)),
      clock,
      logger,
      health,
      metrics,
    },
    stack,
  );
  return stack.use(
    await startHttpService({
      name: 'worker',
      logger,
      ...listening,
      tls: agent.tls,
      health,
      metrics,
      register(app) {
        installGuard(app, { agent, audience: 'worker', clock });
        built.register(app);
      },
    }),
  );
}

/** The services need the proxy's address before the proxy, which needs theirs, can start. */
