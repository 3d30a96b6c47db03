import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { ControlRoutes } from './control/call.ts';
import { EventStream } from './control/events.ts';
import { mountInteractions } from './control/interactions.ts';
import { mountApplications, mountGuilds, mountMembers, mountObserving, mountPeople } from './control/routes.ts';
import type { ControlParts } from './control/routes.ts';
import { controlRoutes } from './control/server.ts';
import { Gateway, gatewayPath } from './discord/gateway/gateway.ts';
import { IdentifyRules } from './discord/gateway/identify.ts';
import { mountAuthorize } from './discord/oauth2/authorize.ts';
import { Grants } from './discord/oauth2/grants.ts';
import { HttpDelivery } from './discord/interactions/http-delivery.ts';
import { serveRest } from './discord/rest/server.ts';
import type { GivenAnswer } from './discord/rest/server.ts';
import { restRoutes } from './discord/rest/routes.ts';
import { Faults } from './faults.ts';
import { mountLavalinkControl, startLavalink } from './lavalink/index.ts';
import type { LavalinkServer } from './lavalink/index.ts';
import { discordLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { RequestLog } from './request-log.ts';
import { mountVoiceControl, startVoiceServer } from './voice/index.ts';
import type { VoiceServer } from './voice/index.ts';
import { keepSaved, loadWorld } from './world/persistence.ts';
import { seed } from './world/seed.ts';
import { World } from './world/world.ts';

/** How to start a sandbox; everything has a default, and port 0 picks a free one. */
export interface SandboxOptions {
  host?: string;
  discordPort?: number;
  lavalinkPort?: number;
  /** Random by default. */
  lavalinkPassword?: string;
  /** TCP and UDP. */
  voicePort?: number;
  /** host:port sent to bots instead of the sandbox's own voice endpoint. */
  voiceEndpoint?: string;
  /** False: the Lavalink node joins voice but sends nothing. */
  sound?: boolean;
  /** Where the world is saved; without it, it does not outlive the process. */
  stateFile?: string;
  /** If given, everything is https and wss. */
  tls?: { certPem: string; keyPem: string };
  clock?: Clock;
  /** Limits other than Discord's, for tests that must reach them. */
  limits?: Partial<Limits>;
  /** Called with every response of the REST API, for tests that check them all. */
  onRestAnswer?: (answer: GivenAnswer) => void;
}

/** A running Discord with its Lavalink node. Disposing closes every connection and saves the world. */
export interface Sandbox extends AsyncDisposable {
  discord: { apiUrl: string; gatewayUrl: string; chatUrl: string };
  lavalink: { host: string; port: number; password: string; server: LavalinkServer };
  voice: VoiceServer;
  world: World;
  faults: Faults;
  requestLog: RequestLog;
}

/** Starts a sandbox in this process. Rejects if a port or the state file is unavailable. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  await using stack = new AsyncDisposableStack();
  const clock = options.clock ?? systemClock;
  const host = options.host ?? '127.0.0.1';
  const world = new World(clock);
  if (!options.stateFile || !loadWorld(world, options.stateFile)) seed(world);
  if (options.stateFile) stack.use(keepSaved(world, options.stateFile));

  const parts = {
    world,
    faults: new Faults(),
    log: new RequestLog(clock),
    limits: { ...discordLimits, ...options.limits },
    secure: options.tls !== undefined,
  };
  const voice = stack.use(await startVoice(options, world, host, parts.limits));
  const identifyRules = new IdentifyRules(world, parts.limits);
  const password = options.lavalinkPassword ?? randomBytes(18).toString('base64url');
  const lavalink = await startLavalink({
    host,
    port: options.lavalinkPort ?? 0,
    password,
    clock,
    joinsVoice: { certPem: voice.certPem, sound: options.sound ?? true },
    ...(options.tls ? { tls: { cert: options.tls.certPem, key: options.tls.keyPem } } : {}),
  });
  stack.use(lavalink);

  const app = httpServer(options.tls);
  stack.defer(() => app.close());
  const grants = new Grants(world);
  await serveRest(app, { ...parts, identifyRules, grants, onAnswer: options.onRestAnswer }, restRoutes);
  await mountAuthorize(app, world, grants);
  const gateway = stack.use(new Gateway({ ...parts, identifyRules }));
  gateway.attach(app.server);
  stack.use(new HttpDelivery(world, parts.faults));
  const events = stack.use(new EventStream(world));
  const control = controlRoutes(app);
  mountControl(control, { ...parts, isConnected: (id) => gateway.isConnected(id) });
  mountLavalinkControl(control, lavalink);
  mountVoiceControl(control, world, voice);
  events.mount(app);
  lavalink.control.onChange(({ userId, guildId, what }) =>
    events.publish({ type: `lavalink.${what}`, userId, guildId }),
  );
  await serveChat(app);
  await app.listen({ host, port: options.discordPort ?? 0 });

  const { port } = app.server.address() as AddressInfo;
  const at = `${urlHost(host)}:${port}`;
  const [http, ws] = options.tls ? ['https', 'wss'] : ['http', 'ws'];
  const owned = stack.move();
  return {
    discord: { apiUrl: `${http}://${at}/api`, gatewayUrl: `${ws}://${at}${gatewayPath}`, chatUrl: `${http}://${at}/` },
    lavalink: { host, port: lavalink.port, password, server: lavalink },
    voice,
    world,
    faults: parts.faults,
    requestLog: parts.log,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function httpServer(tls: SandboxOptions['tls']): FastifyInstance {
  const options = {
    forceCloseConnections: true,
    bodyLimit: 26_214_400,
    routerOptions: { maxParamLength: 300 },
    // Discord treats paths without a version like the default version. Libraries may percent-encode @me and @original.
    rewriteUrl: (request: { url?: string | undefined }) =>
      (request.url ?? '/').replace(/^\/api\/(?:v9\/|v10\/)?/, '/api/v10/').replaceAll(/%40(?=me|original)/g, '@'),
  };
  if (!tls) return fastify(options);
  const https = fastify({ ...options, https: { cert: tls.certPem, key: tls.keyPem } });
  return https;
}

function mountControl(control: ControlRoutes, parts: ControlParts): void {
  mountObserving(control, parts);
  mountApplications(control, parts);
  mountGuilds(control, parts);
  mountMembers(control, parts);
  mountPeople(control, parts);
  mountInteractions(control, parts.world);
}

/**
 * The voice endpoint, notified of every change of the world that ends a connection or that its clients must be told of.
 */
async function startVoice(
  { tls, voicePort, voiceEndpoint }: SandboxOptions,
  world: World,
  host: string,
  limits: Limits,
): Promise<VoiceServer> {
  const stateOf = (userId: string, guildId: string) =>
    world.guilds.get(guildId)?.voiceStates.find((state) => state.userId === userId);
  const voice = await startVoiceServer(
    { host, port: voicePort ?? 0, limits, ...(tls ? { tls } : {}) },
    {
      hasGuild: (guildId) => world.guilds.has(guildId),
      connection: (userId, guildId) => world.voiceConnection(userId, guildId),
      audible: (userId, guildId) => {
        const state = stateOf(userId, guildId);
        return state !== undefined && !state.mute && !state.suppress;
      },
      membersOf: (guildId, channelId) =>
        (world.guilds.get(guildId)?.voiceStates ?? []).flatMap((state) =>
          state.channelId === channelId ? [state.userId] : [],
        ),
    },
  );
  world.voiceEndpoint = voiceEndpoint ?? voice.endpoint;
  world.listen((event) => {
    if (event.type === 'voice.connection') voice.sessions.changed(event.botUserId, event.guildId);
    if (event.type !== 'voice.state') return;
    const { guildId, userId, state, previous } = event;
    voice.sessions.memberMoved(guildId, userId, previous?.channelId, state?.channelId);
  });
  return voice;
}

async function serveChat(app: FastifyInstance): Promise<void> {
  const root = fileURLToPath(new URL('./chat/public/', import.meta.url));
  if (!existsSync(root)) return;
  await app.register(fastifyStatic, { root, cacheControl: false });
  // Machines without an emoji font would show boxes on the buttons.
  const emoji = path.dirname(fileURLToPath(import.meta.resolve('@fontsource/noto-emoji')));
  await app.register(fastifyStatic, { root: emoji, prefix: '/emoji/', decorateReply: false });
  // At the same path as Discord's own.
  app.get('/developers/applications', (_request, reply) => reply.sendFile('developers/index.html'));
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
