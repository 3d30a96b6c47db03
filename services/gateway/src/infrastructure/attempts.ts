import type { IncomingHttpHeaders } from 'node:http';
import { momentaryRefusal, refusedHeader, retryAfterMs, type Momentary } from '#infra/http/refusals.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { BailiwickError, platformFault, upstreamFault } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { parseProblem, problemMediaType } from '#infra/kernel/problem.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import { pause } from './follow-stream.ts';
import type { Semaphore } from './semaphore.ts';

export interface ProxyAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** An earlier attempt may have been carried out. */
  readonly repeated?: boolean;
}

/** What one attempt came to. */
export type Outcome = { readonly answer: ProxyAnswer } | { readonly fault: unknown };

export interface Attempts {
  readonly attempt: (signal: AbortSignal) => Promise<Outcome>;
  /** Where each attempt waits for its turn; between two of them no place is taken. */
  readonly semaphore: Semaphore;
  /** Does no harm twice, so it is repeated also when it may have been done. */
  readonly repeatable: boolean;
  /** Ends it: the call's time is over, or its caller gave up. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const backoff = { minMs: 200, maxMs: 5_000 };

/** Tries until there is an answer that does not pass by itself, or until `signal`: then what came last counts. */
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

/** What an answer in problem+json says; undefined for any other. */
export function problemOf(headers: IncomingHttpHeaders, body: Buffer): BailiwickError | undefined {
  if (!(headers['content-type'] ?? '').startsWith(problemMediaType)) return undefined;
  return (
    parseProblem(parseJson(body.toString('utf8'))) ??
    upstreamFault('proxy.unexpected-answer', 'The problem document in the response cannot be parsed.')
  );
}

const neverTried = (): BailiwickError =>
  platformFault('proxy.not-sent', 'The platform is busy. Try again in a moment.');
