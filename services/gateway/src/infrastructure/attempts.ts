import type { IncomingHttpHeaders } from 'node:http';
import { momentaryRefusal, refusedHeader, retryAfterMs, type Momentary } from '#infra/http/refusals.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { BailiwickError, platformFault, upstreamFault } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { parseProblem, problemMediaType } from '#infra/kernel/problem.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import type { Semaphore } from './semaphore.ts';

export interface ProxyAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** An earlier attempt may have been carried out. */
  readonly repeated?: boolean;
}

/** The result of one attempt. */
export type Outcome = { readonly answer: ProxyAnswer } | { readonly fault: unknown };

export interface Attempts {
  readonly attempt: (signal: AbortSignal) => Promise<Outcome>;
  /** Where each attempt waits for its turn; between two of them no slot is taken. */
  readonly semaphore: Semaphore;
  /** Safe to repeat, so it is retried even if it may have been done. */
  readonly repeatable: boolean;
  /** Aborts it: the call's time is over, or its caller gave up. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const backoff = { minMs: 200, maxMs: 5_000 };

/** Retries until there is a response that is not transient, or until `signal`: then the last response counts. */
export async function untilDone({ attempt, semaphore, repeatable, signal, clock }: Attempts): Promise<Outcome> {
  let repeated = false;
  for (let count = 0; ; count += 1) {
    const outcome = (await semaphore.run(() => attempt(signal), signal)) ?? { fault: neverTried() };
    const refusal = refusalOf(outcome);
    const isLast = signal.aborted || !refusal || (refusal === 'unknown' && !repeatable);
    if (!isLast) await pause(Math.max(backoffDelayMs(count, backoff), askedMs(outcome)), clock, signal);
    if (isLast || signal.aborted) return 'answer' in outcome ? { answer: { ...outcome.answer, repeated } } : outcome;
    repeated ||= refusal === 'unknown';
  }
}

function refusalOf(outcome: Outcome): Momentary | undefined {
  if (!('answer' in outcome)) {
    const { fault } = outcome;
    return fault instanceof BailiwickError ? momentaryRefusal(fault.status, fault.code) : undefined;
  }
  const { status, headers, body } = outcome.answer;
  const code = headers[refusedHeader];
  return momentaryRefusal(status, typeof code === 'string' ? code : problemOf(headers, body)?.code);
}

const askedMs = (outcome: Outcome): number =>
  'answer' in outcome ? retryAfterMs(outcome.answer.headers['retry-after']) : 0;

/** The error in a problem+json response; undefined for any other. */
export function problemOf(headers: IncomingHttpHeaders, body: Buffer): BailiwickError | undefined {
  if (!(headers['content-type'] ?? '').startsWith(problemMediaType)) return undefined;
  return (
    parseProblem(parseJson(body.toString('utf8'))) ??
    upstreamFault('proxy.unexpected-answer', 'The problem document in the response cannot be parsed.')
  );
}

const neverTried = (): BailiwickError =>
  platformFault('proxy.not-sent', 'The platform is busy. Try again in a moment.');
