import type { Socket } from 'node:net';
import process from 'node:process';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { BotAudience, BotSettings, FromBot, ToBot } from '#tenants/instance-protocol/door.ts';
import type { ReportedState } from '#tenants/instance-protocol/instance-state.ts';
import { createSemaphore } from './semaphore.ts';

export type Audience = BotAudience;

export interface IssuedCertificate {
  readonly certificatePem: string;
  readonly trustBundlePem: string;
  readonly expiresAtMs: number;
}

export interface IssuedCallToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** The bot's only way out: what its supervisor does for it (tenants/instance-protocol/door.ts). */
export interface SupervisorChannel {
  readonly settings: Promise<BotSettings>;
  /** Has a certificate request vouched for. Throws `door.timeout`. */
  certificate(requestPem: string): Promise<IssuedCertificate>;
  /** A socket connected to gateway-proxy. Throws `door.refused`, `door.timeout`. */
  door(): Promise<Socket>;
  /** A call token bound to the bot's certificate. Throws `door.refused`, `door.timeout`. */
  callToken(audience: Audience): Promise<IssuedCallToken>;
  state(state: ReportedState, detail?: string): void;
  onStop(listener: () => void): void;
}

/** The part of `process` with the channel; a test provides its own. */
export interface Parent {
  send(message: FromBot): void;
  onMessage(listener: (message: ToBot, socket: Socket | undefined) => void): void;
}

const answerTimeoutMs = 10_000;
/** As many as the supervisor connects at once (tenants/supervisor/door.ts); further requests wait here. */
const doorsAtOnce = 4;

/** The channel to the process that started this one; without one the bot exits. */
export function parentOfThisProcess(): Parent {
  if (!process.send) throw platformFault('door.no-supervisor', 'A bot must be started by its supervisor, not by hand.');
  process.on('disconnect', () => process.exit(0));
  return {
    send: (message) => {
      process.send?.(message);
    },
    onMessage: (listener) => {
      process.on('message', (message, socket) => listener(message as ToBot, socket as Socket | undefined));
    },
  };
}

/** Talks to the supervisor: every request gets a response or an error within 10 s. */
export function createSupervisorChannel(parent: Parent, clock: Clock): SupervisorChannel {
  const doors = createQuestions<Socket>(clock);
  const tokens = createQuestions<IssuedCallToken>(clock);
  const certificates = createQuestions<IssuedCertificate>(clock);
  const doorLane = createSemaphore(doorsAtOnce);
  const stopListeners: (() => void)[] = [];
  const settings = Promise.withResolvers<BotSettings>();
  parent.onMessage((message, socket) => {
    switch (message.type) {
      case 'settings':
        return settings.resolve(message.settings);
      case 'identity':
        return certificates.answerAll(message);
      case 'door':
        return socket ? doors.answer(message.id, socket) : doors.refuse(message.id, message.refused);
      case 'call-token': {
        const { token, expiresAtMs } = message;
        if (token === undefined || expiresAtMs === undefined) return tokens.refuse(message.id, message.refused);
        return tokens.answer(message.id, { token, expiresAtMs });
      }
      case 'ping':
        return parent.send({ type: 'pong', id: message.id });
      case 'stop':
        return stopListeners.forEach((listener) => listener());
    }
  });
  return {
    settings: settings.promise,
    certificate: (pem) => certificates.ask(() => parent.send({ type: 'csr', pem })),
    async door() {
      const ask = () => doors.ask((id) => parent.send({ type: 'door', id }));
      const door = await doorLane.run(ask, AbortSignal.timeout(answerTimeoutMs));
      return door ?? Promise.reject(tooLate());
    },
    callToken: (audience) => tokens.ask((id) => parent.send({ type: 'call-token', id, audience })),
    state: (state, detail) =>
      parent.send({ type: 'state', state, ...(detail ? { detail: detail.slice(0, 500) } : {}) }),
    onStop: (listener) => stopListeners.push(listener),
  };
}

const tooLate = () => platformFault('door.timeout', 'The supervisor did not respond in time.');

function createQuestions<Answer>(clock: Clock) {
  let last = 0;
  const open = new Map<number, PromiseWithResolvers<Answer>>();
  return {
    ask(send: (id: number) => void): Promise<Answer> {
      const id = ++last;
      const question = Promise.withResolvers<Answer>();
      open.set(id, question);
      const cancel = clock.after(answerTimeoutMs, () => {
        question.reject(tooLate());
      });
      send(id);
      return question.promise.finally(() => {
        cancel();
        open.delete(id);
      });
    },
    answer: (id: number, answer: Answer) => open.get(id)?.resolve(answer),
    answerAll: (answer: Answer) => open.forEach((question) => question.resolve(answer)),
    refuse(id: number, reason = 'no reason given') {
      open.get(id)?.reject(platformFault('door.refused', `The supervisor refused: ${reason}`));
    },
  };
}
