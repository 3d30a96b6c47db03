import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import type { Faults, GatewayFaults } from '../../faults.ts';
import type { Limits } from '../../limits.ts';
import type { RequestLog } from '../../request-log.ts';
import type { WorldEvent } from '../../world/types.ts';
import { endVoiceOfSession } from '../../world/voice.ts';
import type { World } from '../../world/world.ts';
import { ownUserPayload } from '../payloads/user.ts';
import { runCommand } from './commands.ts';
import { GatewayConnection } from './connection.ts';
import type { ConnectionOwner } from './connection.ts';
import { dispatchesFor, guildCreate } from './dispatches.ts';
import type { Dispatch } from './dispatches.ts';
import type { IdentifyRules } from './identify.ts';
import { Session } from './session.ts';

/** Where clients first connect. */
export const gatewayPath = '/gateway';
/** Where READY sends clients to resume: a separate path, so that the log shows whether they use it. */
const resumePath = '/gateway/resume';

const mostSessionsPerApplication = 32;
const resumeSchema = z.object({ token: z.string(), session_id: z.string(), seq: z.int() });

/** The gateway's dependencies. */
export interface GatewayParts {
  world: World;
  faults: Faults;
  log: RequestLog;
  limits: Limits;
  identifyRules: IdentifyRules;
  secure: boolean;
}

/** Discord's gateway, version 10 in JSON: holds the sessions and sends each of them the events it may see. */
export class Gateway implements ConnectionOwner, GatewayFaults, AsyncDisposable {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly #parts: GatewayParts;
  readonly #sessions = new Map<string, Session>();
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: 1 << 20 });
  readonly #stopListening: () => void;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.clock = parts.world.clock;
    this.limits = parts.limits;
    this.#stopListening = parts.world.listen((event) => this.#tell(event));
    parts.faults.connectGateway(this);
  }

  /** Takes over WebSocket upgrades of the HTTP server that serves REST. */
  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (this.#parts.faults.away) {
        socket.destroy();
        return;
      }
      const url = new URL(request.url ?? '/', 'ws://discord');
      const path = url.pathname.replace(/\/$/, '');
      if (path !== '' && path !== gatewayPath && path !== resumePath) {
        socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        const connection = new GatewayConnection(ws, this, request.headers.host ?? 'localhost', path);
        const version = url.searchParams.get('v') ?? '10';
        if (version !== '10' && version !== '9') connection.close(4012);
      });
    });
  }

  acknowledgesHeartbeats(): boolean {
    return !this.#parts.faults.dropHeartbeatAcks;
  }

  identify(connection: GatewayConnection, data: unknown): void {
    const judged = this.#parts.identifyRules.judge(data);
    const applicationId = judged.application?.id ?? null;
    const outcome = judged.verdict === 'close' ? String(judged.code) : judged.verdict;
    this.#parts.log.add({ kind: 'identify', applicationId, outcome });
    if (judged.verdict === 'close') return connection.close(judged.code);
    if (judged.verdict === 'wait') return connection.invalidate();
    const { application, intents, shard } = judged;
    const session = new Session(application.id, intents, shard, this.limits.replayDispatches);
    this.#makeRoom(application.id);
    this.#sessions.set(session.id, session);
    session.sink = connection;
    connection.session = session;
    this.#greet(session, connection.host);
    this.#parts.world.emit({ type: 'application.connected', applicationId: application.id });
  }

  resume(connection: GatewayConnection, data: unknown): void {
    const parsed = resumeSchema.safeParse(data);
    if (!parsed.success) return connection.close(4002);
    const { session_id: sessionId, seq } = parsed.data;
    const application = this.#parts.world.applicationByToken(parsed.data.token.replace(/^Bot /, ''));
    const session = this.#sessions.get(sessionId);
    const missed = session && session.applicationId === application?.id ? session.missedSince(seq) : undefined;
    const outcome = !application ? '4004' : missed ? 'resumed' : 'invalid';
    const applicationId = application?.id ?? null;
    this.#parts.log.add({ kind: 'resume', applicationId, sessionId, outcome, path: connection.path });
    if (!application) return connection.close(4004);
    if (!session || !missed) return connection.invalidate();
    session.expiry?.cancel();
    const old = session.sink;
    session.sink = connection;
    connection.session = session;
    old?.close(4000);
    for (const frame of missed) connection.send(frame);
    session.dispatch('RESUMED', { _trace: [] });
    this.#parts.world.emit({ type: 'application.connected', applicationId: application.id });
  }

  command(session: Session, op: number, data: unknown): 'done' | 'unknown' | 'malformed' {
    return runCommand(this.#parts.world, session, op, data);
  }

  closed(connection: GatewayConnection, code: number, by: 'client' | 'server'): void {
    const { session } = connection;
    this.#parts.log.add({ kind: 'gateway-close', applicationId: session?.applicationId ?? null, code, by });
    if (!session || session.sink !== connection) return;
    session.sink = undefined;
    this.#parts.world.emit({ type: 'application.disconnected', applicationId: session.applicationId });
    // A deliberate close by the client, and codes after which Discord allows no resume.
    const over = by === 'client' ? code === 1000 || code === 1001 : [4004, 4007, 4009, 4013, 4014].includes(code);
    if (over) return this.#end(session);
    session.expiry = this.clock.after(this.limits.resumeWindowMs, () => this.#end(session));
  }

  reconnect(applicationId: string): void {
    for (const session of this.#sessionsOf(applicationId)) session.sink?.send({ op: 7, d: null, s: null, t: null });
  }

  invalidate(applicationId: string): void {
    for (const session of this.#sessionsOf(applicationId)) {
      session.sink?.invalidate();
      this.#end(session);
    }
  }

  close(applicationId: string, code: number): void {
    for (const session of this.#sessionsOf(applicationId)) {
      if (code === 1006) session.sink?.cut();
      else session.sink?.close(code);
    }
  }

  cutAll(): void {
    for (const session of this.#sessions.values()) session.sink?.cut();
  }

  /** Whether an application has a session with a live connection. */
  isConnected(applicationId: string): boolean {
    return this.#sessionsOf(applicationId).some((session) => session.sink !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening();
    for (const session of this.#sessions.values()) session.expiry?.cancel();
    for (const socket of this.#sockets.clients) socket.terminate();
    await new Promise<void>((resolve) => {
      this.#sockets.close(() => resolve());
    });
  }

  #sessionsOf(applicationId: string): Session[] {
    return [...this.#sessions.values()].filter((session) => session.applicationId === applicationId);
  }

  #makeRoom(applicationId: string): void {
    const sessions = this.#sessionsOf(applicationId);
    const oldest = sessions[0];
    if (!oldest || sessions.length < mostSessionsPerApplication) return;
    oldest.sink?.close(4009);
    this.#end(oldest);
  }

  #end(session: Session): void {
    session.expiry?.cancel();
    session.sink = undefined;
    this.#sessions.delete(session.id);
    endVoiceOfSession(this.#parts.world, session.id);
  }

  #greet(session: Session, host: string): void {
    const { world, secure } = this.#parts;
    const application = world.application(session.applicationId);
    const guilds = world.guildsOf(application.id).filter((guild) => session.covers(guild.id));
    session.dispatch('READY', {
      v: 10,
      user: ownUserPayload(world.user(application.botUserId)),
      user_settings: {},
      session_id: session.id,
      session_type: 'normal',
      resume_gateway_url: `${secure ? 'wss' : 'ws'}://${host}${resumePath}`,
      guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
      application: { id: application.id, flags: application.flags },
      shard: session.shard,
      private_channels: [],
      relationships: [],
      presences: [],
      guild_join_requests: [],
      geo_ordered_rtc_regions: [],
      game_relationships: [],
      auth: {},
      _trace: [],
    });
    for (const guild of guilds) this.#deliver(session, guildCreate(world, guild.id, application.id));
  }

  #tell(event: WorldEvent): void {
    const { world, faults } = this.#parts;
    if (event.type === 'application.token-reset') {
      for (const session of this.#sessionsOf(event.applicationId)) {
        session.sink?.close(4004);
        this.#end(session);
      }
      return;
    }
    if (event.type === 'interaction.created') {
      const record = world.interactions.get(event.interactionId);
      const application = record && world.application(record.applicationId);
      // Delivery over HTTP excludes the gateway.
      if (!application || application.interactionsEndpointUrl || faults.losesInteractionsOf(application.id)) return;
    }
    for (const dispatch of dispatchesFor(world, event)) {
      for (const session of this.#sessions.values()) this.#deliver(session, dispatch);
    }
  }

  #deliver(session: Session, dispatch: Dispatch): void {
    const { applicationId, guildId, intent } = dispatch;
    if (applicationId !== undefined && applicationId !== session.applicationId) return;
    if (guildId !== undefined && !session.covers(guildId)) return;
    if (intent !== undefined && (session.intents & intent) === 0) return;
    const inGuild = guildId !== undefined && this.#parts.world.guilds.get(guildId)?.applications;
    if (applicationId === undefined && !(inGuild && inGuild.includes(session.applicationId))) return;
    const data = dispatch.data(session);
    if (data !== undefined) session.dispatch(dispatch.type, data);
  }
}
