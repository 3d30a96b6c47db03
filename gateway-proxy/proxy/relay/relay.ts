import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { sendDenial } from '../exchange/answer.ts';
import { AttemptFailed, type AttemptFault } from './breaker.ts';
import { denial } from '../exchange/denials.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { FailureReader, isOfPerson } from '../exchange/failure.ts';
import { answerHeaders } from './wire-headers.ts';

/** A caller that reads nothing for this long is cut off. */
const stallMs = 30_000;
/** A response that arrived in one piece is sent in one piece, head and body in a single write: the usual case. */
const maxWholeBytes = 16 * 1024;
/**
 * On a shared connection, up to this much of a response is held back until it is complete, since others may cause it to
 * be broken off.
 */
const maxHeldBytes = 64 * 1024;
const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT']);

export interface RelayPorts {
  readonly clock: Clock;
  readonly logger: Logger;
}

type UpstreamFault = 'unreachable' | 'broken-off' | 'timeout';

/** The outcome of an attempt, reported as soon as the upstream's status is known. */
export interface AttemptOutcome {
  answered(): void;
  failed(error: AttemptFailed): void;
  /**
   * For a read on a shared connection: no complete response arrived, whoever is at fault, and the read is to be sent
   * again on its own connection. The caller of such a read neither breaks nor delays the connection.
   */
  unanswered?(fault: UpstreamFault): void;
}

/**
 * Relays one response from the upstream to the caller as it arrives, no faster than the caller reads. It is a handler of
 * undici's dispatch: the objects and streams of its `request` would cost a quarter of a request.
 */
export class Relay implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #response: ServerResponse;
  readonly #ports: RelayPorts;
  readonly #outcome: AttemptOutcome;
  /** Undefined until the request has got a connection. */
  #controller: Dispatcher.DispatchController | undefined;
  #cancelStall: (() => void) | undefined;
  #head: { readonly status: number; readonly list: string[] } | undefined;
  #length: number | undefined;
  /** Of the body, as latin1: what has arrived and not yet been written. */
  #held: string | undefined;
  /** Whether the caller has received any of the response. */
  #begun = false;
  #closed = false;
  #over = false;
  #failureReader: FailureReader | undefined;

  constructor(exchange: Exchange, response: ServerResponse, ports: RelayPorts, outcome: AttemptOutcome) {
    this.#exchange = exchange;
    this.#response = response;
    this.#ports = ports;
    this.#outcome = outcome;
    response.once('close', () => this.#callerGone());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // A caller that left before this began causes no event.
    if (this.#closed || this.#response.destroyed) this.#callerGone();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    if (this.#closed && this.#isShared) {
      this.#begun = true;
      this.#outcome.answered();
      return;
    }
    if (status >= 400 && isOfPerson(this.#exchange)) this.#failureReader = new FailureReader(status);
    const { list, length } = answerHeaders(this.#exchange, headers);
    this.#head = { status, list };
    this.#length = length;
    if (this.#isShared) return;
    this.#begin();
    // A body without a length arrives bit by bit, and the caller should know at once that it is answered.
    if (length === undefined) this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#failureReader?.take(chunk);
    if (this.#closed && this.#isShared) return;
    if (chunk.length === this.#length && chunk.length <= maxWholeBytes) {
      this.#held = chunk.toString('latin1');
      return;
    }
    if (this.#isShared) return this.#hold(chunk);
    if (this.#response.write(chunk)) return;
    controller.pause();
    this.#waitForReader();
    this.#response.once('drain', () => {
      this.#cancelStall?.();
      this.#exchange.slot?.goesOn();
      controller.resume();
    });
  }

  onResponseEnd(): void {
    this.#over = true;
    if (this.#failureReader) this.#exchange.failure = this.#failureReader.read();
    this.#begin();
    if (this.#held === undefined) this.#response.end();
    else this.#response.end(this.#held, 'latin1');
    // The rest stays in this process until it is read.
    if (this.#exchange.slot && !this.#response.writableFinished) this.#waitForReader();
  }

  #waitForReader(): void {
    const { clock } = this.#ports;
    this.#cancelStall?.();
    this.#cancelStall = clock.after(stallMs, () => this.#response.destroy());
    this.#exchange.slot?.waits(clock.now(), () => this.#response.destroy());
  }

  #begin(): void {
    if (this.#begun || !this.#head) return;
    const { status, list } = this.#head;
    this.#begun = true;
    this.#response.writeHead(status, list);
    if (status >= 500 && !this.#exchange.route?.relays) this.#outcome.failed(this.#failure('server-error'));
    else this.#outcome.answered();
  }

  #hold(chunk: Buffer): void {
    if (this.#begun) {
      this.#response.write(chunk);
      return;
    }
    this.#held = (this.#held ?? '') + chunk.toString('latin1');
    if (this.#held.length <= maxHeldBytes) return;
    this.#begin();
    this.#response.write(this.#held, 'latin1');
    this.#held = undefined;
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#over = true;
    this.#cancelStall?.();
    const upstreamsFault = isTimeout(error) ? 'timeout' : this.#controller ? 'broken-off' : 'unreachable';
    if (this.#isShared && !this.#begun && !this.#closed) return this.#outcome.unanswered?.(upstreamsFault);
    const fault = this.#closed ? 'abort' : upstreamsFault;
    this.#outcome.failed(this.#failure(fault, error));
    if (fault === 'abort') return;
    const { requestId, route } = this.#exchange;
    this.#ports.logger.warn({ err: error, requestId, to: route?.to, action: route?.action }, 'an upstream failed');
    sendDenial(this.#response, this.#exchange, this.#denialOf(fault));
  }

  /** A request that never got a connection can be sent again by its sender; any other may have been done. */
  #denialOf(fault: UpstreamFault) {
    if (!this.#controller) return denial('forward.not-sent', { retryAfterSec: 1 });
    return denial(fault === 'timeout' ? 'forward.timeout' : 'forward.unreachable');
  }

  #callerGone(): void {
    this.#closed = true;
    this.#cancelStall?.();
    if (!this.#over && !this.#isShared) this.#controller?.abort(new Error('the caller is gone'));
  }

  get #isShared(): boolean {
    return this.#outcome.unanswered !== undefined;
  }

  #failure(fault: AttemptFault, cause?: Error): AttemptFailed {
    return new AttemptFailed(fault, this.#exchange.tenant ?? '', cause);
  }
}

const isTimeout = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && timeouts.has(error.code);
