import type { SessionInfo } from '@discordjs/ws';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { SessionState } from '#tenants/instance-protocol/session-state.ts';
import type { StoredCredential } from './credential/credential-store.ts';
import type { EdgePorts } from './edge-ports.ts';
import type { Interactions } from './interactions/interactions.ts';
import type { RequestChannel } from './requests/request-channel.ts';
import type { Controls } from './rest/controls.ts';
import type { DiscordRest } from './rest/discord-rest.ts';
import type { Dispatch, GuildBook } from './state/guild-book.ts';
import type { BotStream } from './stream/bot-stream.ts';
import type { Talk } from './state/talk.ts';
import type { TenantVoice } from './voice/voice-events.ts';
import type { VoiceStatuses } from './rest/voice-statuses.ts';
import type { ApplicationWatch } from './sessions/application-watch.ts';
import { deadTokenReason, fatalCloseReasons, refusalOf } from './sessions/close-reasons.ts';
import { GatewaySession, type SessionStop } from './sessions/gateway-session.ts';
import { readDocument } from './sessions/session-document.ts';
import { SessionSaver } from './sessions/session-saver.ts';

export interface TenantSessionOptions {
  readonly ports: EdgePorts;
  readonly lease: Lease;
  readonly logger: Logger;
  /** The current one. */
  readonly credential: () => StoredCredential;
  readonly rest: DiscordRest;
  /** Saved beside the session. */
  readonly book: GuildBook;
  readonly interactions: Interactions;
  readonly controls: Controls;
  readonly talk: Talk;
  readonly statuses: VoiceStatuses;
  /** Told of the session's state. */
  readonly stream: BotStream;
  readonly voice: TenantVoice;
  readonly watch: ApplicationWatch;
  readonly requests: Pick<RequestChannel, 'load' | 'mayRead' | 'refused'>;
  readonly dispatched: (dispatch: Dispatch) => void;
}

/**
 * A tenant's gateway session through its whole life here: resumed from what an earlier edge has saved, opened, closed,
 * passed on. Opening and closing take turns.
 */
export class TenantSession {
  readonly #options: TenantSessionOptions;
  #session: GatewaySession | undefined;
  #saver: SessionSaver | undefined;
  #resume: SessionInfo | undefined;
  #resumesContent = false;
  #passing = false;
  #isCatchingUp = false;
  #changing: Promise<void> = Promise.resolve();

  constructor(options: TenantSessionOptions) {
    this.#options = options;
  }

  /** Undefined before the first one was opened, and after it has ended. */
  get current(): GatewaySession | undefined {
    return this.#session;
  }

  /** The open session, for sending. @throws session.not-connected */
  required(): GatewaySession {
    if (this.#session) return this.#session;
    throw callerFault('session.not-connected', 'The bot is not connected to Discord. Start its session first.', 409);
  }

  /** Whether it works or is connecting. */
  get isOpen(): boolean {
    const status = this.#session?.status ?? 'none';
    return status !== 'none' && status !== 'failed';
  }

  state(): SessionState {
    const { book, watch } = this.#options;
    const { applicationId, botUserId } = this.#options.credential();
    const session = this.#session;
    return {
      status: this.#passing ? 'connecting' : (session?.status ?? 'none'),
      reason: session?.reason,
      guilds: book.guildCount,
      unavailableGuilds: book.unavailableCount,
      findings: watch.findings && [...watch.findings],
      latencyMs: session?.latencyMs,
      applicationId,
      botUserId,
    };
  }

  /** Whether it continues another edge's session, and Discord has not repeated everything that was missed. */
  get isCatchingUp(): boolean {
    return this.#isCatchingUp;
  }

  /** Something that is saved with the session has changed without a dispatch. */
  noteChange(): void {
    this.#saver?.noteChange();
  }

  /** Takes over an earlier edge's state; must come first. */
  async restore(): Promise<void> {
    const { ports, lease, logger, book, controls, talk, statuses, interactions, voice } = this.#options;
    try {
      const saved = await ports.sessions.load(lease.tenant);
      if (!saved) return;
      const document = readDocument(saved.document);
      book.restore(document.book);
      controls.restore(document.controls);
      talk.restore(document.talk);
      statuses.restore(document.voiceStatuses);
      interactions.restore(document.interactions);
      voice.restored();
      this.#resume = saved.info;
      this.#resumesContent = document.hasContent;
      this.#isCatchingUp = true;
    } catch (error) {
      logger.error({ err: error }, 'could not read a saved session; starting a new one');
    }
  }

  /** Resumes an earlier edge's session if there is one. Does nothing if it is open. */
  open(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.isOpen) await this.#begin();
    });
  }

  /**
   * Begins the session anew if it lacks the content of messages and may have it: the intents of a session cannot be
   * changed. Whoever plays brings the bot back to its voice channels. Does nothing while it is not connected.
   */
  readMessages(): Promise<void> {
    return this.#inTurn(async () => {
      const session = this.#session;
      if (session?.status !== 'connected' || session.hasContent || !this.#options.requests.mayRead) return;
      if (await this.#canBegin()) await this.#beginInsteadOf(session);
    });
  }

  async #begin(): Promise<void> {
    const { ports, lease, logger, rest, stream, dispatched, requests } = this.#options;
    const credential = this.#options.credential();
    const resume = this.#resume;
    this.#resume = undefined;
    rest.revive();
    await requests.load();
    const saver = this.#newSaver();
    this.#saver = saver;
    const session: GatewaySession = new GatewaySession({
      tenant: lease.tenant,
      applicationId: credential.applicationId,
      token: await ports.credentials.open(credential),
      rest: rest.rest,
      identifies: ports.identifies,
      saver,
      resume,
      resumesContent: this.#resumesContent,
      wantsContent: requests.mayRead,
      mayConnect: () => ports.mayConnect(lease),
      clock: ports.clock,
      logger,
      events: {
        dispatch: dispatched,
        status: (status, reason) => this.#statusChanged(status, reason),
        deadToken: () => rest.markDead(),
        contentRefused: () => {
          this.#withoutContent(session).catch((error: unknown) => logger.error({ err: error }, 'session'));
        },
        heartbeat: () => ports.sessionChanged(lease.tenant),
      },
    });
    this.#session = session;
    stream.session('connecting');
    session.start();
    ports.sessionChanged(lease.tenant);
  }

  /** Discord does not grant what the application's flags say: music matters more than requests by message. */
  #withoutContent(refused: GatewaySession): Promise<void> {
    this.#options.logger.warn('Discord refuses the content of messages; connecting without it');
    this.#options.requests.refused();
    return this.#inTurn(async () => {
      if (this.#session !== refused) return;
      if (await this.#canBegin()) await this.#beginInsteadOf(refused);
      else refused.fail(fatalCloseReasons[4014] ?? '');
    });
  }

  async #beginInsteadOf(session: GatewaySession): Promise<void> {
    await session.stop('end');
    await this.#begin();
  }

  /** Whether the token can be opened: a session that works is not ended for one that cannot begin. */
  async #canBegin(): Promise<boolean> {
    const { ports, logger } = this.#options;
    try {
      await ports.credentials.open(this.#options.credential());
      return true;
    } catch (error) {
      logger.warn({ err: error }, 'cannot begin a session anew');
      return false;
    }
  }

  /** With `keep`, another edge will resume the session; with `end` it ends and its state is deleted. */
  close(how: SessionStop): Promise<void> {
    return this.#inTurn(async () => {
      const { ports, lease, book, voice, watch } = this.#options;
      watch.stop();
      await this.#session?.stop(how);
      if (how !== 'end') return;
      this.#resume = undefined;
      this.#session = undefined;
      voice.ended();
      book.clear();
      ports.sessionChanged(lease.tenant);
    });
  }

  /**
   * Stops at this point, waits for what is under way, and saves everything for the next edge. If that fails, the session
   * can be opened again here.
   * @throws session.not-saved
   */
  async passOn(settled: () => Promise<void>): Promise<void> {
    this.#passing = true;
    this.#session?.halt();
    await settled();
    await this.#saver?.flush();
    if (this.#saver?.isSaved !== false) return;
    this.#resume = this.#saver.position;
    this.#resumesContent = this.#session?.hasContent === true;
    await this.#session?.stop('abandon');
    this.#session = undefined;
    this.#passing = false;
    throw platformFault('session.not-saved', 'The session could not be saved, so it stays here.');
  }

  /** Discord has refused the token. */
  tokenDied(): void {
    if (this.#session) this.#session.fail(deadTokenReason);
    else this.#failed(deadTokenReason);
  }

  #failed(reason: string): void {
    const { ports, lease, credential } = this.#options;
    const refusal = refusalOf(reason);
    if (refusal) ports.credentialJudged(lease, credential(), refusal);
    ports.sessionFailed(lease.tenant, reason);
  }

  #statusChanged(status: SessionState['status'], reason?: string): void {
    const { ports, lease, credential, stream, voice, watch } = this.#options;
    ports.sessionChanged(lease.tenant);
    if (status === 'none') return;
    if (status !== 'connecting') this.#isCatchingUp = false;
    if (status === 'connected') {
      watch.connected();
      ports.credentialJudged(lease, credential(), undefined);
      this.readMessages().catch((error: unknown) => this.#options.logger.error({ err: error }, 'session'));
    }
    stream.session(status, reason);
    if (status !== 'failed') return;
    voice.ended();
    this.#failed(reason ?? '');
  }

  #newSaver(): SessionSaver {
    const { ports, lease, logger, book, controls, talk, statuses, interactions } = this.#options;
    return new SessionSaver({
      lease,
      store: ports.sessions,
      clock: ports.clock,
      logger,
      document: () => ({
        version: book.changes + interactions.changes + controls.changes + talk.changes + statuses.changes,
        value: () => ({
          book: book.document(),
          interactions: interactions.save(),
          controls: controls.messages(),
          talk: talk.saved(),
          voiceStatuses: statuses.saved(),
          hasContent: this.#session?.hasContent === true,
        }),
      }),
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#changing.then(work, work);
    this.#changing = turn.catch(() => undefined);
    return turn;
  }
}
