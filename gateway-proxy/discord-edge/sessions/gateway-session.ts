import { SimpleShardingStrategy, WebSocketShardEvents, type SessionInfo } from '@discordjs/ws';
import type { REST } from '@discordjs/rest';
import { GatewayIntentBits, type GatewaySendPayload } from 'discord-api-types/v10';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { SessionState } from '#tenants/instance-protocol/session-state.ts';
import type { Identifies } from '../budgets/identifies.ts';
import type { Dispatch } from '../state/guild-book.ts';
import { isRaw } from '../discord/raw.ts';
import { fatalCloseReasons } from './close-reasons.ts';
import { GatewayCommands } from './gateway-commands.ts';
import { GatewayInformation, Manager, pauseMs } from './gateway-information.ts';
import { identifyThrottler } from './identify-throttler.ts';
import { Outage } from './outage.ts';
import { PositionNotes } from './position-notes.ts';
import type { SessionSaver } from './session-saver.ts';

type SessionStatus = SessionState['status'];

export interface GatewaySessionOptions {
  readonly tenant: TenantId;
  readonly applicationId: string;
  /** For the session's whole lifetime: the library identifies and resumes with it. */
  readonly token: string;
  readonly rest: REST;
  readonly identifies: Identifies;
  readonly saver: SessionSaver;
  /** Where to resume. */
  readonly resume: SessionInfo | undefined;
  /** Whether the session to be resumed began with the intent for the content of messages. */
  readonly resumesContent: boolean;
  /** Whether a new session asks for that intent, which is privileged: only if Discord is known to grant it. */
  readonly wantsContent: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: SessionEvents;
  /**
   * Whether this edge is certainly the one that serves the tenant: whoever connects takes the session from whoever is
   * connected.
   */
  readonly mayConnect: () => boolean;
}

/**
 * How a session stops. keep: another edge resumes it. end: it ends at Discord, and what is saved is deleted. abandon:
 * another edge has it by now.
 */
export type SessionStop = 'keep' | 'end' | 'abandon';

interface SessionEvents {
  dispatch(dispatch: Dispatch): void;
  status(status: SessionStatus, reason?: string): void;
  /** Called when Discord has refused the token. */
  deadToken(): void;
  /** Called when Discord has closed the session because it asked for the content of messages. */
  contentRefused(): void;
  /** Called when Discord has acknowledged a heartbeat, with a new latency. */
  heartbeat(): void;
}

/**
 * None is privileged (Discord: Gateway, List of Intents). Messages come without content, and are only counted: so that
 * what is playing can stay at the end of its channel. Their content is asked for only where a server has a request channel.
 * A session that is resumed keeps the intents with which it began.
 */
const intents = GatewayIntentBits.Guilds | GatewayIntentBits.GuildVoiceStates | GatewayIntentBits.GuildMessages;
/** A bot that asks for intents that it was not granted (Discord: Gateway Close Event Codes). */
const disallowedIntents = 4014;

const shardId = 0;
const unreachableReason = "Discord's gateway cannot be reached. Retrying.";
const closeTimeoutMs = 2_000;
const askAgainMs = 100;

/**
 * One tenant's gateway session over @discordjs/ws. It adds what the library lacks: no new session for a mere network
 * fault, backoff while Discord cannot be reached, an end that is final, and reasons in words.
 */
export class GatewaySession {
  readonly #options: GatewaySessionOptions;
  readonly #manager: Manager;
  readonly #information: GatewayInformation;
  readonly #strategy: SimpleShardingStrategy;
  readonly #outage: Outage;
  readonly #notes: PositionNotes;
  readonly #commands: GatewayCommands;
  #info: SessionInfo | null;
  #status: SessionStatus = 'connecting';
  #reason: string | undefined;
  #latencyMs: number | undefined;
  #stopped = false;
  #isClosing = false;
  #isOpen = false;
  #hasContent: boolean;

  constructor(options: GatewaySessionOptions) {
    this.#options = options;
    this.#info = options.resume ?? null;
    this.#hasContent = options.resume !== undefined && options.resumesContent;
    this.#outage = new Outage(options.clock);
    this.#notes = new PositionNotes(options.saver, options.clock);
    let strategy: SimpleShardingStrategy | undefined;
    this.#information = new GatewayInformation({
      rest: options.rest,
      clock: options.clock,
      stopped: () => this.#stopped,
      failed: (error) => this.#log(error, 'asking for the gateway'),
    });
    this.#manager = new Manager(
      {
        token: options.token,
        intents: intents | (options.wantsContent ? GatewayIntentBits.MessageContent : 0),
        rest: options.rest,
        shardCount: 1,
        shardIds: [shardId],
        identifyProperties: { os: process.platform, browser: 'bailiwick', device: 'bailiwick' },
        retrieveSessionInfo: () => this.#retrieve(),
        updateSessionInfo: (_shard, info) => this.#update(info),
        buildIdentifyThrottler: () =>
          identifyThrottler({
            ...options,
            information: this.#information,
            certain: () => this.#untilCertain(),
            fail: (reason) => this.fail(reason),
          }),
        buildStrategy: (manager) => {
          strategy = new SimpleShardingStrategy(manager);
          return strategy;
        },
      },
      this.#information,
    );
    if (!strategy) throw platformFault('session.library', 'The gateway library did not build its strategy.');
    this.#strategy = strategy;
    this.#commands = new GatewayCommands({
      isConnected: () => this.#status === 'connected',
      send: async (payload) => this.#manager.send(shardId, payload),
    });
    this.#listen();
  }

  get status(): SessionStatus {
    return this.#status;
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  get latencyMs(): number | undefined {
    return this.#latencyMs;
  }

  /** Whether it began with the intent for the content of messages. */
  get hasContent(): boolean {
    return this.#hasContent;
  }

  /** Connects; keeps trying until stopped or finally refused. */
  start(): void {
    // Not the manager's own connect, which refuses to resume when no IDENTIFY is left.
    this.#strategy
      .spawn([shardId])
      .then(() => (this.#stopped ? undefined : this.#strategy.connect()))
      .catch((error: unknown) => this.#startFailed(error));
  }

  /** Handles nothing more: what arrives from now on is replayed to whoever resumes. */
  halt(): void {
    if (!this.#stopped) this.#end('none');
  }

  /** Ends the connection. */
  async stop(how: SessionStop): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.halt();
    // First, since closing may wait for a peer that is gone.
    if (how === 'keep') await this.#options.saver.flush();
    else if (how === 'end') await this.#options.saver.forget();
    else this.#options.saver.abandon();
    await this.#close(how === 'end' ? 1_000 : 4_200);
  }

  /** Ends the session with a reason for the tenant. */
  fail(reason: string): void {
    if (this.#stopped) return;
    this.#isClosing = true;
    this.#end('failed', reason);
    void this.#options.saver.forget();
    void this.#close(1_000);
  }

  /** Sends a command such as a voice state update. @throws session.not-connected, session.busy */
  send(payload: GatewaySendPayload): Promise<void> {
    return this.#commands.send(payload);
  }

  #listen(): void {
    const manager = this.#manager;
    manager.on(WebSocketShardEvents.Hello, () => {
      this.#isOpen = true;
      this.#outage.over();
    });
    const connected = () => void (this.#stopped || this.#setStatus('connected'));
    manager.on(WebSocketShardEvents.Ready, () => {
      this.#hasContent = this.#options.wantsContent;
      connected();
    });
    manager.on(WebSocketShardEvents.Resumed, connected);
    manager.on(WebSocketShardEvents.Dispatch, ({ t, d, s }) => this.#dispatched({ t, d: isRaw(d) ? d : {} }, s));
    manager.on(WebSocketShardEvents.Closed, (code) => this.#closed(code));
    manager.on(WebSocketShardEvents.HeartbeatComplete, ({ latency }) => {
      this.#latencyMs = latency;
      this.#options.events.heartbeat();
    });
    manager.on(WebSocketShardEvents.SocketError, (error) => {
      this.#outage.connectionFailed();
      if (!this.#stopped && this.#outage.isNoticeable) this.#setStatus('connecting', unreachableReason);
      this.#log(error, 'connecting');
    });
    manager.on(WebSocketShardEvents.Error, (error) => this.#log(error, 'session'));
  }

  /** The position is recorded only after a dispatch has been handled: a crash in between replays it. */
  #dispatched(dispatch: Dispatch, sequence: number): void {
    if (this.#stopped) return;
    this.#options.events.dispatch(dispatch);
    if (this.#info) this.#notes.note(dispatch, { ...this.#info, sequence });
  }

  #closed(code: number): void {
    this.#isOpen = false;
    if (this.#stopped) return;
    this.#latencyMs = undefined;
    const reason = fatalCloseReasons[code];
    if (reason === undefined) {
      this.#setStatus('connecting');
      return;
    }
    if (code === disallowedIntents && this.#options.wantsContent) {
      this.#setStatus('connecting');
      return this.#options.events.contentRefused();
    }
    if (code === 4004) this.#options.events.deadToken();
    this.fail(reason);
  }

  #setStatus(status: SessionStatus, reason?: string): void {
    if (this.#status === status && this.#reason === reason) return;
    this.#status = status;
    this.#reason = reason;
    this.#options.events.status(status, reason);
  }

  #end(status: 'none' | 'failed', reason?: string): void {
    this.#stopped = true;
    this.#setStatus(status, reason);
  }

  /** Waits for the closing handshake, but not for a peer that does not respond. */
  async #close(code: number): Promise<void> {
    const closed = Promise.resolve(this.#manager.destroy({ code, reason: 'stopping' })).catch((error: unknown) =>
      this.#log(error, 'closing'),
    );
    await Promise.race([closed, this.#wait(closeTimeoutMs)]);
  }

  /** The library calls this before each connection, heartbeat and dispatch. */
  async #retrieve(): Promise<SessionInfo | null> {
    // A shard that is stopped while the library is about to reconnect would start again, so it never resolves here.
    if (this.#stopped) return new Promise(() => undefined);
    if (this.#outage.faults > 0) await this.#wait(pauseMs(undefined, this.#outage.faults));
    if (!this.#isOpen) await this.#untilCertain();
    if (this.#stopped) return new Promise(() => undefined);
    if (!this.#info) return null;
    const elsewhere = this.#outage.isElsewhereDue ? this.#information.url : undefined;
    return elsewhere === undefined ? this.#info : { ...this.#info, resumeURL: elsewhere };
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(delayMs, resolve);
    });
  }

  async #untilCertain(): Promise<void> {
    while (!this.#stopped && !this.#options.mayConnect()) await this.#wait(askAgainMs);
  }

  #update(info: SessionInfo | null): void {
    if (this.#stopped) return;
    if (info) {
      // The address named for a session stays, even if the session was resumed elsewhere.
      const isSame = this.#info?.sessionId === info.sessionId;
      this.#info = isSame && this.#info ? { ...info, resumeURL: this.#info.resumeURL } : info;
      return;
    }
    // The library forgets a session whenever a connection fails; here only Discord, or a long silence, ends one.
    if (this.#outage.keepsSession) return;
    this.#info = null;
    void this.#options.saver.forget();
  }

  /** The first connection failed in a way from which the library does not recover by itself. */
  #startFailed(error: unknown): void {
    if (this.#stopped) return;
    this.#log(error, 'starting');
    this.#outage.startFailed();
    this.#options.clock.after(pauseMs(error, this.#outage.faults), () => {
      if (!this.#stopped) this.start();
    });
  }

  #log(error: unknown, what: string): void {
    const { logger, tenant } = this.#options;
    logger.warn({ err: error, tenant, what }, 'gateway session');
  }
}
