import type { NdjsonWriter } from '#infra/http/ndjson.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Finding } from '#tenants/application-check/findings.ts';
import type { SessionState } from '#tenants/instance-protocol/session-state.ts';
import type { StoredCredential } from './credential/credential-store.ts';
import type { EdgePorts } from './edge-ports.ts';
import type { Farewell } from './farewell.ts';
import { Answers } from './interactions/answers.ts';
import { answerBusy } from './interactions/busy-answer.ts';
import type { InteractionSend } from './interactions/interaction-send.ts';
import { Interactions } from './interactions/interactions.ts';
import { LeaveTaking } from './leave-taking.ts';
import { GuildMembers } from './members/guild-members.ts';
import { RequestChannel } from './requests/request-channel.ts';
import { BotCalls, type BotCall } from './rest/bot-calls.ts';
import { commandNamesOf } from './rest/command-names.ts';
import { Controls } from './rest/controls.ts';
import { notAllowed } from './discord/discord-answers.ts';
import { DiscordRest } from './rest/discord-rest.ts';
import { ApplicationWatch } from './sessions/application-watch.ts';
import type { GatewaySession, SessionStop } from './sessions/gateway-session.ts';
import { TenantSession } from './tenant-session.ts';
import { GuildBook, type Dispatch } from './state/guild-book.ts';
import { BotAttachment } from './stream/bot-attachment.ts';
import { greetingOf } from './stream/greeting.ts';
import { isTalk, Talk } from './state/talk.ts';
import { UnderWay } from './under-way.ts';
import { Speaker } from './voice/speaker.ts';
import type { TenantVoice } from './voice/voice-events.ts';
import { VoiceStatuses } from './rest/voice-statuses.ts';
import { transactionOf } from './witness/witness.ts';

/** What is under way when a session is passed on has this long to end. */
const drainMs = 2_500;

/** Everything that the edge does for one tenant: session, state, stream to the bot, interactions, calls to Discord. */
export class TenantEdge {
  readonly #ports: EdgePorts;
  readonly tenant: TenantId;
  /** Under which this process serves the tenant. */
  readonly lease: Lease;
  readonly #logger: Logger;
  #credential: StoredCredential;
  readonly book = new GuildBook();
  readonly #rest: DiscordRest;
  readonly #interactions: Interactions;
  readonly #answers: Answers;
  readonly #controls = new Controls();
  readonly #talk = new Talk((below) => this.#bot.stream.talk(below));
  readonly #statuses: VoiceStatuses;
  readonly #calls: BotCalls;
  readonly #bot: BotAttachment;
  readonly #voice: TenantVoice;
  readonly #speaker: Speaker;
  readonly #watch: ApplicationWatch;
  readonly requests: RequestChannel;
  readonly members: GuildMembers;
  readonly #underWay: UnderWay;
  readonly #session: TenantSession;
  readonly #leave: LeaveTaking;

  constructor(credential: StoredCredential, lease: Lease, ports: EdgePorts) {
    this.#ports = ports;
    this.lease = lease;
    this.#underWay = new UnderWay(ports.clock);
    this.tenant = credential.tenant;
    this.#credential = credential;
    this.#logger = ports.logger.child({ tenant: credential.tenant });
    const { clock, egress, credentials, discordApiUrl } = ports;
    const { applicationId } = credential;
    this.#rest = new DiscordRest({
      tenant: this.tenant,
      apiUrl: discordApiUrl,
      egress,
      token: () => credentials.open(this.#credential),
      onDeadToken: () => this.#session.tokenDied(),
      mayAct: () => ports.mayAct(lease),
    });
    const send: InteractionSend = (call) => this.#rest.call({ ...call, authorized: false });
    this.#interactions = new Interactions({
      clock,
      logger: this.#logger,
      applicationId,
      send,
      deliver: (interaction) => {
        if (!this.#leave.answers(interaction)) this.#bot.deliver(interaction);
      },
      ended: (how) => ports.interactionEnded(how),
      deferAfterMs: ports.deferAfterMs,
      changed: (interaction) => {
        this.#bot.changed(interaction);
        this.#session.noteChange();
      },
    });
    this.#answers = new Answers({ applicationId, interactions: this.#interactions, send });
    this.#statuses = new VoiceStatuses({ rest: this.#rest, clock, book: this.book });
    this.#calls = new BotCalls({
      rest: this.#rest,
      logger: this.#logger,
      answers: this.#answers,
      controls: this.#controls,
      statuses: this.#statuses,
      reach: {
        applicationId,
        book: this.book,
        interactionById: (id, token) => this.#interactions.byId(id, token),
        interactionByToken: (token) => this.#interactions.byToken(token),
        mayStillArrive: () => this.#session.isCatchingUp,
      },
    });
    this.#bot = new BotAttachment({
      clock,
      logger: this.#logger,
      witness: ports.witness,
      interactions: this.#interactions,
      refuse: async (interaction) => {
        const isOver = await answerBusy(this.#answers, interaction);
        if (isOver) ports.interactionEnded('busy');
        return isOver;
      },
    });
    this.#voice = ports.voiceEvents.follow(this.tenant, this.book);
    const parts = {
      clock,
      logger: this.#logger,
      rest: this.#rest,
      book: this.book,
      interactions: this.#interactions,
      controls: this.#controls,
    };
    this.#speaker = new Speaker({ ...parts, enterAnew: (guildId) => this.#enterAnew(guildId) });
    this.members = new GuildMembers(parts);
    this.requests = new RequestChannel({
      ...parts,
      tenant: this.tenant,
      store: ports.requestChannels,
      features: ports.features,
      witness: ports.witness,
      stream: this.#bot.stream,
    });
    this.#watch = new ApplicationWatch({
      ...parts,
      inspect: (application) => this.#inspected(application),
      everyMs: ports.checkEveryMs,
      random: ports.random,
      changed: () => ports.sessionChanged(this.tenant),
    });
    this.#session = new TenantSession({
      ...parts,
      ports,
      lease,
      credential: () => this.#credential,
      talk: this.#talk,
      statuses: this.#statuses,
      stream: this.#bot.stream,
      voice: this.#voice,
      watch: this.#watch,
      requests: this.requests,
      dispatched: (dispatch) => this.#dispatched(dispatch),
    });
    this.#leave = new LeaveTaking({
      ...parts,
      applicationId,
      answers: this.#answers,
      localeIn: (channel) => this.book.guildOfChannel(channel)?.payload()['preferred_locale'],
      leftBehind: (what) => ports.leftBehind(this.tenant, what),
    });
  }

  get applicationId(): string {
    return this.#credential.applicationId;
  }

  /** Whether its session works or is connecting. */
  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  /** Whether it works with this credential. */
  holds({ applicationId, sealed }: StoredCredential): boolean {
    return applicationId === this.#credential.applicationId && Buffer.compare(sealed, this.#credential.sealed) === 0;
  }

  state(): SessionState {
    return this.#session.state();
  }

  /** Takes over an earlier edge's state; must come first. */
  restore(): Promise<void> {
    return this.#session.restore();
  }

  /** Opens the session, resuming an earlier edge's if there is one. Does nothing if it is open. */
  open(): Promise<void> {
    return this.#session.open();
  }

  /** With `keep`, another edge will resume the session; with `end` the session ends and its state is deleted. */
  close(how: SessionStop): Promise<void> {
    return this.#session.close(how);
  }

  /** Whether the bot is taking its leave, or has: this edge is of no further use to it. */
  get leaving(): boolean {
    return this.#leave.hasBegun;
  }

  /**
   * Answers open interactions, removes the bot's commands and buttons from Discord, and from now on lets the bot send
   * nothing; resolves within seconds. Calling it again does nothing more.
   */
  leave(farewell: Farewell): Promise<void> {
    return this.#leave.take(farewell);
  }

  /**
   * Ends everything for this tenant: its credential is gone, the edge is stopping, or another edge serves it. @throws
   * lease.lost
   */
  async dispose(how: SessionStop): Promise<void> {
    await this.close(how);
    // A session that an earlier edge saved and nobody resumed.
    if (how === 'end') await this.#ports.sessions.forget(this.lease);
    this.#bot.stream.close();
    this.#interactions.close();
    this.#rest.close();
    if (how === 'end') this.#ports.voiceEvents.forget(this.tenant);
    else this.#ports.voiceEvents.passOn(this.tenant);
  }

  /**
   * Ends everything for this tenant so that the next edge resumes at this point: no dispatch is handled any more, what is
   * under way is carried out, and then everything is saved. If that fails, this edge can open the session again.
   * @throws session.not-saved
   */
  async passOn(): Promise<void> {
    await this.#session.passOn(async () => {
      await this.#underWay.none(drainMs);
      await this.#interactions.settled(drainMs);
    });
    await this.dispose('keep');
  }

  /** A new token of the same application replaces the old one. */
  async replaceCredential(credential: StoredCredential): Promise<void> {
    const wasOpen = this.#session.current !== undefined;
    await this.close('end');
    this.#credential = credential;
    this.#rest.revive();
    if (wasOpen) await this.open();
  }

  /** A bot attaches: it gets everything it needs to continue. */
  attach(writer: NdjsonWriter): Promise<void> {
    return this.#bot.attach(writer, () => greetingOf(this.#credential, this.#session.current, this.book, this.#talk));
  }

  detach(writer: NdjsonWriter): void {
    this.#bot.detach(writer);
  }

  /** `ended`: interactions that were sent again to a bot that had answered them already. */
  acknowledge(seq: number, ended: readonly string[] = []): void {
    this.#bot.stream.acknowledge(seq);
    for (const id of ended) this.#interactions.endedBefore(id);
  }

  call(call: BotCall): Promise<Response> {
    if (this.leaving) return Promise.resolve(notAllowed('this bot is no longer running.'));
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
    return this.#session.required();
  }

  #dispatched(dispatch: Dispatch): void {
    if (dispatch.t === 'INTERACTION_CREATE') {
      this.members.witnessed(dispatch.d);
      this.#interactions.add(dispatch.d, transactionOf(this.tenant, dispatch.d, this.book));
      return;
    }
    if (isTalk(dispatch)) {
      this.requests.dispatched(dispatch);
      return this.#talk.dispatched(dispatch, this.#credential.botUserId);
    }
    const { guildCount, unavailableCount } = this.book;
    this.book.apply(dispatch);
    if (this.book.guildCount !== guildCount || this.book.unavailableCount !== unavailableCount)
      this.#ports.sessionChanged(this.tenant);
    this.#voice.dispatched(dispatch);
    this.#speaker.dispatched(dispatch).catch((error: unknown) => {
      this.#logger.warn({ err: error }, 'could not make the bot heard in voice');
    });
    void this.#statuses.dispatched(dispatch);
    this.#bot.stream.dispatch(dispatch.t, dispatch.d);
  }

  /** The settings of some server's request channel have changed. */
  async requestChannelsChanged(): Promise<void> {
    await this.requests.load();
    await this.#session.readMessages();
  }

  /** What is switched on at Discord is used at the next check. */
  #inspected(application: unknown): readonly Finding[] {
    this.requests.learn(application);
    this.#session.readMessages().catch((error: unknown) => this.#logger.error({ err: error }, 'session'));
    return this.requests.findings;
  }

  async #enterAnew(guildId: string): Promise<void> {
    this.#voice.entersAnew(guildId);
    const nowhere = { guild_id: guildId, channel_id: null, self_mute: false, self_deaf: true };
    await this.session().send({ op: 4, d: nowhere });
  }
}
