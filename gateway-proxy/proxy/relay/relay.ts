import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { sendDenial } from '../exchange/answer.ts';
import { AttemptFailed, type AttemptFault } from './breaker.ts';
import { denial } from '../exchange/denials.ts';
import type { Admitted } from '../exchange/exchange.ts';
import { FailureReader, isOfPerson } from '../exchange/failure.ts';
import { answerHeaders } from './wire-headers.ts';

/** A caller that reads nothing for this long is cut off. */
const stallMs = 30_000;
/** A response that arrived in one piece is sent in one piece, head and body in a single write: the usual case. */
const maxWholeBytes = 16 * 1024;
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
   * The upstream is not the one that does this (421, RFC 9110, 15.5.20): nothing was done, and nothing is relayed.
   * Without it, such a response is relayed like any other.
   */
  misdirected?(): void;
}

/**
 * Relays one response from the upstream to the caller as it arrives, no faster than the caller reads. It is a handler of
 * undici's dispatch: the objects and streams of its `request` would cost a quarter of a request.
 */
export class Relay implements Dispatcher.DispatchHandler {
  readonly #exchange: Admitted;
  readonly #response: ServerResponse;
  readonly #ports: RelayPorts;
  readonly #outcome: AttemptOutcome;
  /** Undefined until the request has got a connection. */
  #controller: Dispatcher.DispatchController | undefined;
  #cancelStall: (() => void) | undefined;
  #length: number | undefined;
  /** The body, as latin1, if it arrived in one piece and is not yet written. */
  #whole: string | undefined;
  #closed = false;
  #over = false;
  #failureReader: FailureReader | undefined;
  #misdirected = false;
  #status = 0;

  constructor(exchange: Admitted, response: ServerResponse, ports: RelayPorts, outcome: AttemptOutcome) {
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
    if (status === 421 && this.#outcome.misdirected) {
      this.#misdirected = true;
      return this.#outcome.misdirected();
    }
    this.#status = status;
    if (status >= 400 && isOfPerson(this.#exchange)) this.#failureReader = new FailureReader(status);
    const { list, length } = answerHeaders(this.#exchange, headers);
    this.#length = length;
    this.#response.writeHead(status, list);
    if (status >= 500 && !this.#exchange.route.relays) this.#outcome.failed(this.#failure('server-error'));
    else this.#outcome.answered();
    // A body without a length arrives bit by bit, and the caller should know at once that it is answered.
    if (length === undefined) this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#misdirected) return;
    this.#failureReader?.take(chunk);
    if (chunk.length === this.#length && chunk.length <= maxWholeBytes) {
      this.#whole = chunk.toString('latin1');
      return;
    }
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
    if (this.#misdirected) return;
    if (this.#failureReader) this.#exchange.failure = this.#failureReader.read();
    const { whenDone } = this.#exchange;
    if (whenDone && this.#status < 300) void whenDone().then(() => this.#finish());
    else this.#finish();
  }

  #finish(): void {
    if (this.#whole === undefined) this.#response.end();
    else this.#response.end(this.#whole, 'latin1');
    // The rest stays in this process until it is read.
    if (this.#exchange.slot && !this.#response.writableFinished) this.#waitForReader();
  }

  #waitForReader(): void {
    const { clock } = this.#ports;
    this.#cancelStall?.();
    this.#cancelStall = clock.after(stallMs, () => this.#response.destroy());
    this.#exchange.slot?.waits(clock.now(), () => this.#response.destroy());
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#over = true;
    if (this.#misdirected) return;
    this.#cancelStall?.();
    const upstreamsFault = isTimeout(error) ? 'timeout' : this.#controller ? 'broken-off' : 'unreachable';
    const fault = this.#closed ? 'abort' : upstreamsFault;
    this.#outcome.failed(this.#failure(fault, error));
    if (fault === 'abort') return;
    const { requestId, route } = this.#exchange;
    this.#ports.logger.warn({ err: error, requestId, to: route.to, action: route.action }, 'an upstream failed');
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
    if (!this.#over) this.#controller?.abort(new Error('the caller is gone'));
  }

  #failure(fault: AttemptFault, cause?: Error): AttemptFailed {
    return new AttemptFailed(fault, this.#exchange.tenant ?? '', cause);
  }
}

const isTimeout = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && timeouts.has(error.code);
