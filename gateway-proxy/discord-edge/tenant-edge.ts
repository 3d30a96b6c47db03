import type { SessionInfo } from '@discordjs/ws';
import type { NdjsonWriter } from '#infra/http/ndjson.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { SessionState } from '#tenants/instance-protocol/session-state.ts';
import type { StoredCredential } from './credential/credential-store.ts';
import type { EdgePorts } from './edge-ports.ts';
import { describeLeft, lastAnswer, takeLeave, type Farewell } from './farewell.ts';
import { Answers } from './interactions/answers.ts';
import { answerBusy } from './interactions/busy-answer.ts';
import { Interactions, type InteractionSend } from './interactions/interactions.ts';
import { GuildMembers } from './members/guild-members.ts';
import { BotCalls, type BotCall } from './rest/bot-calls.ts';
import { commandNamesOf } from './rest/command-names.ts';
import { Controls } from './rest/controls.ts';
import { notAllowed } from './discord/discord-answers.ts';
import { DiscordRest } from './rest/discord-rest.ts';
import { ApplicationWatch } from './sessions/application-watch.ts';
import { deadTokenReason } from './sessions/close-reasons.ts';
import { GatewaySession, type SessionStop } from './sessions/gateway-session.ts';
import type { TrackedInteraction } from './interactions/interaction.ts';
import { readDocument } from './sessions/session-document.ts';
import { SessionSaver } from './sessions/session-saver.ts';
import { GuildBook, type Dispatch } from './state/guild-book.ts';
import { BotStream } from './stream/bot-stream.ts';
import { greetingOf } from './stream/greeting.ts';
import { InteractionWindow } from './stream/interaction-window.ts';
import { isTalk, Talk } from './stream/talk.ts';
import { UnderWay } from './under-way.ts';
import { Speaker } from './voice/speaker.ts';
import type { TenantVoice } from './voice/voice-events.ts';
import { VoiceStatuses } from './voice/voice-statuses.ts';
import { transactionOf } from './witness/witness.ts';

/** What is under way when a session is passed on has this long to end. */
const drainMs = 2_500;

/** Everything that the edge does for one tenant: session, state, stream to the bot, interactions, calls to Discord. */
export class TenantEdge {
  readonly #ports: EdgePorts;
  readonly #lease: Lease;
  readonly #tenant: TenantId;
  readonly #logger: Logger;
  #credential: StoredCredential;
  readonly #book = new GuildBook();
  readonly #rest: DiscordRest;
  readonly #interactions: Interactions;
  readonly #answers: Answers;
  readonly #controls = new Controls();
  readonly #talk = new Talk((below) => this.#stream.talk(below));
  readonly #statuses: VoiceStatuses;
  readonly #calls: BotCalls;
  readonly #stream: BotStream;
  readonly #window: InteractionWindow;
  readonly #voice: TenantVoice;
  readonly #speaker: Speaker;
  readonly #watch: ApplicationWatch;
  readonly #members: GuildMembers;
  readonly #underWay: UnderWay;
  #saver: SessionSaver | undefined;
  #passing = false;
  #session: GatewaySession | undefined;
  #resume: SessionInfo | undefined;
  #changing: Promise<void> = Promise.resolve();
  #farewell: { readonly farewell: Farewell; readonly taken: Promise<void> } | undefined;

  /** @param lease under which this process serves the tenant */
  constructor(credential: StoredCredential, lease: Lease, ports: EdgePorts) {
    this.#ports = ports;
    this.#lease = lease;
    this.#underWay = new UnderWay(ports.clock);
    this.#tenant = credential.tenant;
    this.#credential = credential;
    this.#logger = ports.logger.child({ tenant: credential.tenant });
    const { clock, egress, credentials, discordApiUrl } = ports;
    this.#rest = new DiscordRest({
      tenant: this.#tenant,
      apiUrl: discordApiUrl,
      egress,
      token: () => credentials.open(this.#credential),
      onDeadToken: () => this.#tokenDied(),
      mayAct: () => ports.mayAct(lease),
    });
    const send: InteractionSend = (call) => this.#rest.call({ ...call, authorized: false });
    this.#interactions = new Interactions({
      clock,
      logger: this.#logger,
      applicationId: credential.applicationId,
      send,
      deliver: (interaction) => this.#deliver(interaction),
      ended: (how) => ports.interactionEnded(how),
      deferAfterMs: ports.deferAfterMs,
      changed: (interaction) => this.#window.changed(interaction),
    });
    const { applicationId } = credential;
    this.#answers = new Answers({ applicationId, interactions: this.#interactions, send });
    this.#statuses = new VoiceStatuses({ rest: this.#rest, clock });
    this.#calls = new BotCalls({
      rest: this.#rest,
      logger: this.#logger,
      answers: this.#answers,
      controls: this.#controls,
      statuses: this.#statuses,
      reach: {
        applicationId,
        book: this.#book,
        interactionById: (id, token) => this.#interactions.byId(id, token),
        interactionByToken: (token) => this.#interactions.byToken(token),
      },
    });
    this.#stream = new BotStream(clock);
    this.#window = new InteractionWindow({
      clock,
      logger: this.#logger,
      deliver: ({ interaction, txn }) => this.#stream.interaction(interaction.payload, txn),
      refuse: async (interaction) => {
        const isOver = await answerBusy(this.#answers, interaction);
        if (isOver) ports.interactionEnded('busy');
        return isOver;
      },
    });
    this.#voice = ports.voiceEvents.follow(this.#tenant, this.#book);
    this.#speaker = new Speaker({
      book: this.#book,
      rest: this.#rest,
      clock,
      enterAnew: (guildId) => this.#enterAnew(guildId),
    });
    this.#members = new GuildMembers({ book: this.#book, rest: this.#rest, clock });
    this.#watch = new ApplicationWatch({
      rest: this.#rest,
      clock,
      everyMs: ports.checkEveryMs,
      random: ports.random,
      changed: () => ports.sessionChanged(this.#tenant),
    });
  }

  get tenant(): TenantId {
    return this.#tenant;
  }

  get lease(): Lease {
    return this.#lease;
  }

  get applicationId(): string {
    return this.#credential.applicationId;
  }

  /** Whether its session works or is connecting. */
  get isOpen(): boolean {
    const status = this.#session?.status ?? 'none';
    return status !== 'none' && status !== 'failed';
  }

  /** Whether it works with this credential. */
  holds({ applicationId, sealed }: StoredCredential): boolean {
    return applicationId === this.#credential.applicationId && Buffer.compare(sealed, this.#credential.sealed) === 0;
  }

  get book(): GuildBook {
    return this.#book;
  }

  get members(): GuildMembers {
    return this.#members;
  }

  state(): SessionState {
    const { applicationId, botUserId } = this.#credential;
    const session = this.#session;
    return {
      status: this.#passing ? 'connecting' : (session?.status ?? 'none'),
      reason: session?.reason,
      guilds: this.#book.guildCount,
      unavailableGuilds: this.#book.unavailableCount,
      findings: this.#watch.findings && [...this.#watch.findings],
      latencyMs: session?.latencyMs,
      applicationId,
      botUserId,
    };
  }

  /** Takes over an earlier edge's state; must come first. */
  async restore(): Promise<void> {
    try {
      const saved = await this.#ports.sessions.load(this.#tenant);
      if (!saved) return;
      const { book, interactions, controls, talk, voiceStatuses } = readDocument(saved.document);
      this.#book.restore(book);
      this.#controls.restore(controls);
      this.#talk.restore(talk);
      this.#statuses.restore(voiceStatuses);
      this.#interactions.restore(interactions);
      this.#voice.restored();
      this.#resume = saved.info;
    } catch (error) {
      this.#logger.error({ err: error }, 'could not read a saved session; starting a new one');
    }
  }

  /** Opens the session, resuming an earlier edge's if there is one. Does nothing if it is open. */
  open(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.isOpen) return;
      const { credentials, clock, identifies } = this.#ports;
      const resume = this.#resume;
      this.#resume = undefined;
      this.#rest.revive();
      const saver = this.#newSaver();
      this.#saver = saver;
      const session: GatewaySession = new GatewaySession({
        tenant: this.#tenant,
        applicationId: this.#credential.applicationId,
        token: await credentials.open(this.#credential),
        rest: this.#rest.rest,
        identifies,
        saver,
        resume,
        mayConnect: () => this.#ports.mayConnect(this.#lease),
        clock,
        logger: this.#logger,
        events: {
          dispatch: (dispatch) => this.#dispatched(dispatch),
          status: (status, reason) => this.#statusChanged(status, reason),
          deadToken: () => this.#rest.markDead(),
          heartbeat: () => this.#ports.sessionChanged(this.#tenant),
        },
      });
      this.#session = session;
      this.#stream.session('connecting');
      session.start();
      this.#ports.sessionChanged(this.#tenant);
    });
  }

  /** With `keep`, another edge will resume the session; with `end` the session ends and its state is deleted. */
  close(how: SessionStop): Promise<void> {
    return this.#inTurn(async () => {
      this.#watch.stop();
      await this.#session?.stop(how);
      if (how !== 'end') return;
      this.#resume = undefined;
      this.#session = undefined;
      this.#voice.ended();
      this.#book.clear();
      this.#ports.sessionChanged(this.#tenant);
    });
  }

  /** Whether the bot is taking its leave, or has: this edge is of no further use to it. */
  get leaving(): boolean {
    return this.#farewell !== undefined;
  }

  /**
   * Answers open interactions, removes the bot's commands and buttons from Discord, and from now on lets the bot send
   * nothing; resolves within seconds. Calling it again does nothing more.
   */
  leave(farewell: Farewell): Promise<void> {
    this.#farewell ??= { farewell, taken: this.#takeLeave(farewell) };
    return this.#farewell.taken;
  }

  /**
   * Ends everything for this tenant: its credential is gone, the edge is stopping, or another edge serves it. @throws
   * lease.lost
   */
  async dispose(how: SessionStop): Promise<void> {
    await this.close(how);
    // A session that an earlier edge saved and nobody resumed.
    if (how === 'end') await this.#ports.sessions.forget(this.#lease);
    this.#stream.close();
    this.#interactions.close();
    this.#rest.close();
    if (how === 'end') this.#ports.voiceEvents.forget(this.#tenant);
    else this.#ports.voiceEvents.passOn(this.#tenant);
  }

  /**
   * Ends everything for this tenant so that the next edge resumes at this point: no dispatch is handled any more, what is
   * under way is carried out, and then everything is saved. If that fails, this edge can open the session again.
   * @throws session.not-saved
   */
  async passOn(): Promise<void> {
    this.#passing = true;
    this.#session?.halt();
    await this.#underWay.none(drainMs);
    await this.#interactions.settled(drainMs);
    await this.#saver?.flush();
    if (this.#saver?.isSaved === false) {
      this.#resume = this.#saver.position;
      await this.#session?.stop('abandon');
      this.#session = undefined;
      this.#passing = false;
      throw platformFault('session.not-saved', 'The session could not be saved, so it stays here.');
    }
    await this.dispose('keep');
  }

  /** A new token of the same application replaces the old one. */
  async replaceCredential(credential: StoredCredential): Promise<void> {
    const wasOpen = this.#session !== undefined;
    await this.close('end');
    this.#credential = credential;
    this.#rest.revive();
    if (wasOpen) await this.open();
  }

  /** A bot attaches: it gets everything it needs to continue. */
  async attach(writer: NdjsonWriter): Promise<void> {
    this.#interactions.takeOver();
    const signed = await Promise.all(
      this.#interactions
        .unanswered()
        .map(async ({ id, transaction }) => [id, await this.#ports.witness.sign(transaction)] as const),
    );
    this.#stream.attach(writer, greetingOf(this.#credential, this.#session, this.#book, this.#talk));
    this.#window.open(this.#interactions.unanswered(), new Map(signed));
  }

  detach(writer: NdjsonWriter): void {
    if (this.#stream.detach(writer)) this.#window.close();
  }

  acknowledge(seq: number): void {
    this.#stream.acknowledge(seq);
  }

  call(call: BotCall): Promise<Response> {
    if (this.#farewell) return Promise.resolve(notAllowed('this bot is no longer running.'));
    return this.#underWay.count(() => this.#calls.handle(call));
  }

  /** @throws BailiwickError discord.unavailable (503) if Discord does not return them */
  commandNames(): Promise<string[]> {
    return commandNamesOf(this.#credential.applicationId, this.#rest);
  }

  /** The bot is about to go to another voice channel of this guild, or out of voice. */
  leavingVoice(guild: string, to: string | null): Promise<void> {
    return this.#statuses.leaving(guild, to);
  }

  /** The open session, for sending. @throws session.not-connected */
  session(): GatewaySession {
    if (!this.#session) {
      throw callerFault('session.not-connected', 'The bot is not connected to Discord. Start its session first.', 409);
    }
    return this.#session;
  }

  #dispatched(dispatch: Dispatch): void {
    if (dispatch.t === 'INTERACTION_CREATE') {
      this.#members.witnessed(dispatch.d);
      this.#interactions.add(dispatch.d, transactionOf(this.#tenant, dispatch.d, this.#book));
      return;
    }
    if (isTalk(dispatch)) return this.#talk.dispatched(dispatch, this.#credential.botUserId);
    const { guildCount, unavailableCount } = this.#book;
    this.#book.apply(dispatch);
    if (this.#book.guildCount !== guildCount || this.#book.unavailableCount !== unavailableCount)
      this.#ports.sessionChanged(this.#tenant);
    this.#voice.dispatched(dispatch);
    this.#speaker.dispatched(dispatch).catch((error: unknown) => {
      this.#logger.warn({ err: error }, 'could not make the bot heard in voice');
    });
    this.#stream.dispatch(dispatch.t, dispatch.d);
  }

  async #enterAnew(guildId: string): Promise<void> {
    this.#voice.entersAnew(guildId);
    const nowhere = { guild_id: guildId, channel_id: null, self_mute: false, self_deaf: true };
    await this.session().send({ op: 4, d: nowhere });
  }

  #deliver(interaction: TrackedInteraction): void {
    if (this.#farewell) return this.#answerLast(interaction, this.#farewell.farewell);
    void this.#ports.witness.sign(interaction.transaction).then((txn) => this.#window.offer({ interaction, txn }));
  }

  /** An interaction that arrived while the bot was taking its leave. */
  #answerLast(interaction: TrackedInteraction, farewell: Farewell): void {
    this.#answers
      .callback(interaction, lastAnswer(interaction, farewell), { key: 'farewell' })
      .catch((error: unknown) => {
        this.#logger.warn(
          { err: error, interaction: interaction.id },
          'could not send the final answer to an interaction',
        );
      });
  }

  async #takeLeave(farewell: Farewell): Promise<void> {
    const left = await takeLeave(
      {
        applicationId: this.#credential.applicationId,
        rest: this.#rest,
        interactions: this.#interactions,
        answers: this.#answers,
        controls: this.#controls,
        localeIn: (channel) => this.#book.guildOfChannel(channel)?.payload()['preferred_locale'],
        clock: this.#ports.clock,
      },
      farewell,
    );
    const what = describeLeft(left);
    if (what === undefined) return;
    this.#logger.warn({ left }, 'a bot did not finish its cleanup at Discord in time');
    this.#ports.leftBehind(this.#tenant, what);
  }

  #statusChanged(status: SessionState['status'], reason?: string): void {
    this.#ports.sessionChanged(this.#tenant);
    if (status === 'none') return;
    if (status === 'connected') this.#watch.connected();
    this.#stream.session(status, reason);
    if (status !== 'failed') return;
    this.#voice.ended();
    this.#ports.sessionFailed(this.#tenant, reason ?? '');
  }

  #tokenDied(): void {
    if (this.#session) this.#session.fail(deadTokenReason);
    else this.#ports.sessionFailed(this.#tenant, deadTokenReason);
  }

  #newSaver(): SessionSaver {
    const { sessions, clock } = this.#ports;
    return new SessionSaver({
      lease: this.#lease,
      store: sessions,
      clock,
      logger: this.#logger,
      document: () => ({
        version:
          this.#book.changes +
          this.#interactions.changes +
          this.#controls.changes +
          this.#talk.changes +
          this.#statuses.changes,
        value: () => ({
          book: this.#book.document(),
          interactions: this.#interactions.save(),
          controls: this.#controls.messages(),
          talk: this.#talk.saved(),
          voiceStatuses: this.#statuses.saved(),
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
