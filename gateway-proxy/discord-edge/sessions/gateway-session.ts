import { SimpleShardingStrategy, WebSocketShardEvents, type IIdentifyThrottler, type SessionInfo } from '@discordjs/ws';
import type { REST } from '@discordjs/rest';
import { GatewayIntentBits, type GatewaySendPayload } from 'discord-api-types/v10';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { SessionState } from '#tenants/instance-protocol/session-state.ts';
import type { Identifies } from '../budgets/identifies.ts';
import type { Dispatch } from '../state/guild-book.ts';
import { isTalk } from '../stream/talk.ts';
import { isRaw } from '../discord/raw.ts';
import { fatalCloseReasons, noIdentifiesLeft } from './close-reasons.ts';
import { GatewayInformation, Manager, pauseMs } from './gateway-information.ts';
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
  /** Called when Discord has acknowledged a heartbeat, with a new latency. */
  heartbeat(): void;
}

/**
 * None is privileged (Discord: Gateway, List of Intents). Messages come without content, and are only counted: so that
 * what is playing can stay at the end of its channel. A session that is resumed keeps the intents with which it began.
 */
const intents = GatewayIntentBits.Guilds | GatewayIntentBits.GuildVoiceStates | GatewayIntentBits.GuildMessages;

const shardId = 0;
/** While the network is at fault, a session is kept for resuming; Discord forgets it after minutes anyway. */
const keepThroughOutageMs = 3 * 60_000;
/** From this attempt on, every other one goes to the gateway's general address, where a session can be resumed too. */
const faultsBeforeElsewhere = 2;
const unreachableReason = "Discord's gateway cannot be reached. Retrying.";
/** Maximum age of the number of sessions that may still be started. */
const freshEnoughMs = 5_000;
const mostUnsent = 50;
/** Talk alone moves the saved position only so often: what is sent again is counted once. */
const talkNotedEveryMs = 30_000;
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
  #info: SessionInfo | null;
  #status: SessionStatus = 'connecting';
  #reason: string | undefined;
  #latencyMs: number | undefined;
  #stopped = false;
  #isClosing = false;
  #isOpen = false;
  #faults = 0;
  #faultySinceMs: number | undefined;
  #unsent = 0;
  #notedMs = 0;

  constructor(options: GatewaySessionOptions) {
    this.#options = options;
    this.#info = options.resume ?? null;
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
        intents,
        rest: options.rest,
        shardCount: 1,
        shardIds: [shardId],
        identifyProperties: { os: process.platform, browser: 'bailiwick', device: 'bailiwick' },
        retrieveSessionInfo: () => this.#retrieve(),
        updateSessionInfo: (_shard, info) => this.#update(info),
        buildIdentifyThrottler: () => this.#throttler(),
        buildStrategy: (manager) => {
          strategy = new SimpleShardingStrategy(manager);
          return strategy;
        },
      },
      this.#information,
    );
    if (!strategy) throw platformFault('session.library', 'The gateway library did not build its strategy.');
    this.#strategy = strategy;
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
  async send(payload: GatewaySendPayload): Promise<void> {
    if (this.#status !== 'connected') {
      throw platformFault('session.not-connected', 'The bot is currently not connected to Discord.');
    }
    if (this.#unsent >= mostUnsent) {
      throw platformFault(
        'session.busy',
        "Too many messages are being sent to Discord's gateway (limit: 120 per minute).",
        undefined,
        429,
      );
    }
    this.#unsent += 1;
    try {
      await this.#manager.send(shardId, payload);
    } finally {
      this.#unsent -= 1;
    }
  }

  #listen(): void {
    const manager = this.#manager;
    manager.on(WebSocketShardEvents.Hello, () => {
      this.#isOpen = true;
      this.#faults = 0;
      this.#faultySinceMs = undefined;
    });
    manager.on(WebSocketShardEvents.Ready, () => this.#connected());
    manager.on(WebSocketShardEvents.Resumed, () => this.#connected());
    manager.on(WebSocketShardEvents.Dispatch, ({ t, d, s }) => this.#dispatched({ t, d: isRaw(d) ? d : {} }, s));
    manager.on(WebSocketShardEvents.Closed, (code) => this.#closed(code));
    manager.on(WebSocketShardEvents.HeartbeatComplete, ({ latency }) => {
      this.#latencyMs = latency;
      this.#options.events.heartbeat();
    });
    manager.on(WebSocketShardEvents.SocketError, (error) => {
      this.#faults += 1;
      this.#faultySinceMs ??= this.#options.clock.now();
      if (!this.#stopped && this.#faults >= faultsBeforeElsewhere) this.#setStatus('connecting', unreachableReason);
      this.#log(error, 'connecting');
    });
    manager.on(WebSocketShardEvents.Error, (error) => this.#log(error, 'session'));
  }

  #connected(): void {
    if (!this.#stopped) this.#setStatus('connected');
  }

  /** The position is recorded only after a dispatch has been handled: a crash in between replays it. */
  #dispatched(dispatch: Dispatch, sequence: number): void {
    if (this.#stopped) return;
    this.#options.events.dispatch(dispatch);
    const nowMs = this.#options.clock.now();
    if (isTalk(dispatch) && nowMs - this.#notedMs < talkNotedEveryMs) return;
    this.#notedMs = nowMs;
    const begun = dispatch.t === 'READY' || dispatch.t === 'RESUMED';
    if (this.#info) this.#options.saver.note({ ...this.#info, sequence }, begun);
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
    const waited = new Promise<void>((resolve) => {
      this.#options.clock.after(closeTimeoutMs, resolve);
    });
    await Promise.race([closed, waited]);
  }

  /** The library calls this before each connection, heartbeat and dispatch. */
  async #retrieve(): Promise<SessionInfo | null> {
    // A shard that is stopped while the library is about to reconnect would start again, so it never resolves here.
    if (this.#stopped) return new Promise(() => undefined);
    if (this.#faults > 0) await this.#pause();
    if (!this.#isOpen) await this.#untilCertain();
    if (this.#stopped) return new Promise(() => undefined);
    return this.#info && { ...this.#info, resumeURL: this.#resumeUrl(this.#info) };
  }

  /**
   * The address that Discord named for the session may be gone: it may belong to a server that no longer exists, or to
   * another port.
   */
  #resumeUrl({ resumeURL }: SessionInfo): string {
    const elsewhere = this.#faults >= faultsBeforeElsewhere && this.#faults % 2 === 0;
    return (elsewhere ? this.#information.url : undefined) ?? resumeURL;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(pauseMs(undefined, this.#faults), resolve);
    });
  }

  async #untilCertain(): Promise<void> {
    const { clock, mayConnect } = this.#options;
    while (!this.#stopped && !mayConnect())
      await new Promise<void>((resolve) => {
        clock.after(askAgainMs, resolve);
      });
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
    const outageMs = this.#options.clock.now() - (this.#faultySinceMs ?? this.#options.clock.now());
    if (this.#faults > 0 && outageMs < keepThroughOutageMs) return;
    this.#info = null;
    void this.#options.saver.forget();
  }

  #throttler(): IIdentifyThrottler {
    const { applicationId, identifies } = this.#options;
    return {
      waitForIdentify: async (_shard, signal) => {
        const { session_start_limit: limit } = await this.#information.get(freshEnoughMs);
        const leave = await identifies.wait(applicationId, limit, signal);
        if (leave.granted) {
          await this.#untilCertain();
          signal.throwIfAborted();
          return;
        }
        this.fail(noIdentifiesLeft(leave.resetAfterMs));
        // Failing closes the connection, which makes the library stop waiting; it would ignore any other rejection.
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
          if (signal.aborted) reject(signal.reason as Error);
        });
      },
    };
  }

  /** The first connection failed in a way from which the library does not recover by itself. */
  #startFailed(error: unknown): void {
    if (this.#stopped) return;
    this.#log(error, 'starting');
    this.#faults += 1;
    this.#options.clock.after(pauseMs(error, this.#faults), () => {
      if (!this.#stopped) this.start();
    });
  }

  #log(error: unknown, what: string): void {
    const { logger, tenant } = this.#options;
    logger.warn({ err: error, tenant, what }, 'gateway session');
  }
}
