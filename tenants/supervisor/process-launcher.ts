import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { fromBotSchema, type Question, type ToBot } from '#tenants/instance-protocol/door.ts';
import type { BotImage } from './bot-image.ts';
import { botEnvironment, nodeFlags, type BotLimits, type Confinement } from '../confinement/confinement.ts';
import { guardIpc } from './ipc-guard.ts';
import type { BotExit, BotProcess, BotProcessEvents, Launcher } from './launcher.ts';
import { relayOutput } from './output-relay.ts';
import type { UserPool } from './user-pool.ts';

const stopGraceMs = 3_000;
/**
 * Requests of a bot whose responses it has not read yet. Further ones wait, so a bot is answered as fast as it reads.
 */
const maxOpenQuestions = 16;
/** A bot makes few requests at a time: one with more than this waiting is flooding its supervisor. */
const maxWaitingQuestions = 64;
/** A bot that reads nothing at all is replaced instead of buffered for. */
const maxUnsentMessages = 64;

export interface ProcessLauncherOptions {
  readonly image: BotImage;
  readonly confinement: Confinement;
  readonly limits: BotLimits;
  readonly users: UserPool;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Added to Node's flags; for a test that has to look into a bot. */
  readonly extraNodeFlags?: readonly string[];
}

/** Runs each bot as a confined child process. */
export function createProcessLauncher(options: ProcessLauncherOptions): Launcher {
  const { confinement } = options;
  return {
    layers: confinement.layers,
    launch: (tenant, events) => launch(options, tenant, events),
  };
}

function launch(options: ProcessLauncherOptions, tenant: TenantId, events: BotProcessEvents): BotProcess {
  const { image, confinement, limits, users, clock, extraNodeFlags = [] } = options;
  const logger = options.logger.child({ tenant });
  const uid = users.take(tenant);
  const flags = [...nodeFlags(image.bundleFile, limits), ...extraNodeFlags];
  const [file = '', ...args] = confinement.wrap([image.nodeFile, ...flags, image.bundleFile], uid);
  const child = spawn(file, args, { cwd: '/', env: { ...botEnvironment }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let ended: Pick<BotExit, 'because' | 'replaced'> | undefined;
  let gone = false;
  const kill: BotProcess['kill'] = (because, { replace = false } = {}) => {
    ended ??= { because, ...(replace ? { replaced: true } : {}) };
    child.kill('SIGKILL');
  };
  const exited = (code: number | null, signal: NodeJS.Signals | null): void => {
    if (gone) return;
    gone = true;
    users.giveBack(tenant);
    events.exited({ code, signal, ...ended });
  };
  child.once('exit', exited);
  child.on('error', (error) => {
    logger.error({ err: error }, "a bot's process reported an error");
    // Without a pid it never ran, and no exit event will come.
    ended ??= { because: 'could not be started' };
    if (child.pid === undefined) exited(null, null);
  });
  if (child.stdout) relayOutput(child.stdout, logger, clock);
  if (child.stderr) relayOutput(child.stderr, logger, clock);
  const send = child.pid === undefined ? () => undefined : connect(child, kill, events);
  return {
    pid: child.pid,
    send: (message, socket) => send(message, socket),
    stop() {
      send({ type: 'stop' });
      clock.after(stopGraceMs, () => kill('did not stop when asked'));
    },
    kill,
  };
}

function connect(child: ChildProcess, kill: BotProcess['kill'], events: BotProcessEvents): BotProcess['send'] {
  const guard = guardIpc(child, kill);
  let unsent = 0;
  /** Requested, and not answered yet. */
  let open = 0;
  const waiting: Question[] = [];
  /**
   * In transit. Node would close them once the bot has acknowledged them, and never if it is gone before; so they stay
   * ours, and are closed as soon as the channel has its own reference.
   */
  const handed = new Set<Socket>();
  let gone = false;
  child.once('exit', () => {
    gone = true;
    for (const socket of handed) socket.destroy();
  });
  const next = () => (gone || unsent + open >= maxOpenQuestions ? undefined : waiting.shift());
  const askNext = (): void => {
    for (let question = next(); question; question = next()) {
      // A failed certificate request gets no response.
      if (question.type !== 'csr') open += 1;
      events.message(question);
    }
  };
  child.on('message', (value) => {
    const { success, data: message } = fromBotSchema.safeParse(value);
    if (!success) return kill('sent a message that is not in the protocol');
    if (message.type === 'state' || message.type === 'pong') return events.message(message);
    if (waiting.length >= maxWaitingQuestions) return kill('asked for more than it took');
    waiting.push(message);
    askNext();
  });
  return (message: ToBot, socket) => {
    if (gone || !child.connected || unsent >= maxUnsentMessages) {
      socket?.destroy();
      if (!gone && child.connected) kill('did not take its messages', { replace: true });
      return;
    }
    unsent += 1;
    if (message.type === 'door' || message.type === 'call-token') open -= 1;
    if (socket) {
      guard.handleSent();
      handed.add(socket);
    }
    // The callback means that it was written, or that the bot is gone, which `exit` reports.
    child.send(message, socket, { keepOpen: true }, () => {
      unsent -= 1;
      if (socket) {
        handed.delete(socket);
        socket.destroy();
      }
      askNext();
    });
  };
}
