import type { Socket } from 'node:net';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { redactText } from '#infra/logger/logger.ts';
import type { BotSettings, FromBot, ToBot } from '#tenants/instance-protocol/door.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import { TokenBucket } from '#infra/kernel/rate-limiter.ts';
import type { Door } from './door.ts';
import { startHeartbeat, type Heartbeat } from './heartbeat.ts';
import type { BotCondition } from '../instance-protocol/instance-state.ts';
import type { LaunchSlots } from './launch-slots.ts';
import type { BotExit, BotProcess, Launcher } from './launcher.ts';

const restartBackoff = { minMs: 200, maxMs: 60_000 };
/** After this many crashes within this time, the bot is no longer restarted. */
const crashLoop = { crashes: 5, withinMs: 60_000 };
/** A bot that ran this long before it crashed starts again with the shortest delay. */
const healthyAfterMs = 60_000;
/**
 * Every change of state is written to the database and the log, which are shared: above this rate only the latest is.
 */
const stateBudget = { burst: 20, perSec: 1 };
const lateStateMs = 1_000;

type StateMessage = Extract<FromBot, { type: 'state' }>;

export interface BotInstanceOptions {
  readonly tenant: TenantId;
  readonly settings: BotSettings;
  /** Under which it runs. */
  readonly lease: Lease;
  readonly launcher: Launcher;
  readonly openDoor: (send: (message: ToBot, socket?: Socket) => void) => Door;
  readonly slots: LaunchSlots;
  readonly clock: Clock;
  readonly random?: () => number;
  readonly changed: (condition: BotCondition) => void;
}

/** One bot that should run: started, monitored, restarted with backoff, and given up if it keeps crashing. */
export class BotInstance {
  readonly settings: BotSettings;
  readonly lease: Lease;
  readonly #options: BotInstanceOptions;
  #condition: BotCondition = { state: 'stopped', restarts: 0 };
  #process: BotProcess | undefined;
  #door: Door | undefined;
  #heartbeat: Heartbeat | undefined;
  /** What it last reported, kept while it does not respond. */
  #silent: { said: BotCondition } | undefined;
  #crashesMs: number[] = [];
  #attempt = 0;
  #cancelWait: () => void = () => undefined;
  readonly #states: TokenBucket;
  #lateState: { said: StateMessage; readonly cancel: () => void } | undefined;
  #startedAtMs = 0;
  #stopped: PromiseWithResolvers<void> | undefined;

  constructor(options: BotInstanceOptions) {
    this.#options = options;
    this.settings = options.settings;
    this.lease = options.lease;
    this.#states = new TokenBucket(stateBudget, () => options.clock.now());
  }

  get condition(): BotCondition {
    return this.#condition;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it unless it is running; a bot that was given up gets another chance. */
  start(): void {
    if (this.#process || this.#condition.state === 'starting' || this.#condition.state === 'backing-off') return;
    this.#crashesMs = [];
    this.#attempt = 0;
    this.#become({ state: 'starting', restarts: 0 });
    void this.#launch();
  }

  /** Resolves once the process is gone. `atOnce`: it is not asked, because another process has taken its place. */
  async stop({ atOnce = false } = {}): Promise<void> {
    this.#cancelWait();
    if (!this.#process) {
      this.#become({ state: 'stopped', restarts: this.#condition.restarts });
      return;
    }
    const stopped = (this.#stopped ??= Promise.withResolvers<void>());
    if (atOnce) this.#process.kill('was replaced by one elsewhere');
    else this.#process.stop();
    await stopped.promise;
  }

  /** Stops a process that was started before this time, because it is no longer trusted; another replaces it. */
  endIfStartedBy(atMs: number, because: string): void {
    if (this.#startedAtMs <= atMs) this.#process?.kill(because, { replace: true });
  }

  async #launch(): Promise<void> {
    let abandoned = false;
    this.#cancelWait = () => {
      abandoned = true;
    };
    const release = await this.#options.slots.take();
    if (abandoned) return release();
    const { tenant, launcher, openDoor, clock } = this.#options;
    this.#startedAtMs = clock.now();
    const botProcess = launcher.launch(tenant, {
      message: (message) => {
        if (message.type === 'state') release();
        this.#heard(message);
      },
      exited: (exit) => {
        release();
        this.#exited(exit);
      },
    });
    this.#process = botProcess;
    this.#door = openDoor((message, socket) => botProcess.send(message, socket));
    botProcess.send({ type: 'settings', settings: this.settings });
    this.#heartbeat = this.#watch(botProcess);
  }

  #watch(botProcess: BotProcess): Heartbeat {
    return startHeartbeat({
      clock: this.#options.clock,
      ping: (id) => botProcess.send({ type: 'ping', id }),
      unresponsive: (seconds) => {
        const said = this.#condition;
        this.#silent = { said };
        this.#become({ ...said, state: 'degraded', reason: `The bot has not responded for ${seconds} s.` });
      },
      responsive: () => {
        const said = this.#silent?.said;
        this.#silent = undefined;
        if (said) this.#become(said);
      },
      hung: (seconds) => botProcess.kill(`did not respond for ${seconds} s`, { replace: true }),
    });
  }

  #heard(message: FromBot): void {
    if (message.type === 'pong') return this.#heartbeat?.answered(message.id);
    if (message.type !== 'state') return this.#door?.asked(message);
    if (this.#lateState) {
      this.#lateState.said = message;
      return;
    }
    if (this.#states.take()) {
      this.#said(message);
      return;
    }
    const cancel = this.#options.clock.after(lateStateMs, () => {
      const late = this.#lateState;
      this.#lateState = undefined;
      if (late) this.#heard(late.said);
    });
    this.#lateState = { said: message, cancel };
  }

  #said({ state, detail }: StateMessage): void {
    if (state !== 'starting') this.#heartbeat?.started();
    const reason = detail === undefined ? {} : { reason: redactText(detail) };
    const said = { state, restarts: this.#condition.restarts, ...reason };
    if (this.#silent) this.#silent.said = said;
    else this.#become(said);
  }

  #exited(exit: BotExit): void {
    this.#lateState?.cancel();
    this.#lateState = undefined;
    this.#heartbeat?.stop();
    this.#silent = undefined;
    this.#door?.close();
    this.#door = undefined;
    this.#process = undefined;
    if (this.#stopped) {
      this.#become({ state: 'stopped', restarts: this.#condition.restarts });
      this.#stopped.resolve();
      this.#stopped = undefined;
      return;
    }
    const nowMs = this.#options.clock.now();
    const { restarts } = this.#condition;
    if (nowMs - this.#startedAtMs >= healthyAfterMs) this.#attempt = 0;
    if (!exit.replaced) {
      this.#crashesMs = [...this.#crashesMs.filter((at) => nowMs - at < crashLoop.withinMs), nowMs];
    }
    const how = describeExit(exit);
    if (!exit.replaced && this.#crashesMs.length >= crashLoop.crashes) {
      const reason = `The bot stopped ${crashLoop.crashes} times within a minute and is no longer restarted. Last time it ${how}.`;
      this.#become({ state: 'failed', restarts, reason });
      return;
    }
    const delayMs = backoffDelayMs(this.#attempt, restartBackoff, this.#options.random);
    this.#attempt += 1;
    const reason = exit.replaced ? `The bot ${how} and was replaced.` : `The bot ${how} and is being restarted.`;
    this.#become({ state: 'backing-off', restarts, reason });
    this.#cancelWait = this.#options.clock.after(delayMs, () => {
      this.#become({ state: 'starting', restarts: restarts + 1 });
      void this.#launch();
    });
  }

  #become(condition: BotCondition): void {
    const { state, reason, restarts } = this.#condition;
    if (state === condition.state && reason === condition.reason && restarts === condition.restarts) return;
    this.#condition = condition;
    this.#options.changed(condition);
  }
}

/** V8 ends a process that is out of memory with one of these. */
const outOfMemorySignals: readonly (string | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];

function describeExit({ code, signal, because, replaced }: BotExit): string {
  if (because !== undefined && replaced) return because;
  if (because !== undefined) return `was stopped because it ${because}`;
  if (outOfMemorySignals.includes(signal)) return `was killed by ${signal}, most likely out of memory`;
  return signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
}
