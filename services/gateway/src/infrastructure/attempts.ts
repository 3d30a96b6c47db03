import type { IncomingHttpHeaders } from 'node:http';
import type { DenialCode } from '#infra/http/denial-codes.ts';
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

/**
 * Retries until there is a response that is not transient, or until `signal`: then the last response counts, unless it
 * says only that the last attempt did nothing. An attempt before it that may have been carried out counts then, so that
 * nobody is told to do again what was done.
 */
export async function untilDone({ attempt, semaphore, repeatable, signal, clock }: Attempts): Promise<Outcome> {
  let unclear: Outcome | undefined;
  for (let count = 0; ; count += 1) {
    const outcome = (await semaphore.run(() => attempt(signal), signal)) ?? { fault: neverTried() };
    const code = codeOf(outcome);
    const refusal = refusalOf(outcome, code);
    const isLast = signal.aborted || !refusal || (refusal === 'unknown' && !repeatable);
    if (!isLast) await pause(Math.max(backoffDelayMs(count, backoff), askedMs(outcome)), clock, signal);
    if (isLast || signal.aborted) {
      if (unclear && (refusal === 'not-done' || code === alreadyDone)) return unclear;
      return 'answer' in outcome ? { answer: { ...outcome.answer, repeated: unclear !== undefined } } : outcome;
    }
    if (refusal === 'unknown') unclear = outcome;
  }
}

const alreadyDone: DenialCode = 'once-only.replayed';

function codeOf(outcome: Outcome): string | undefined {
  if (!('answer' in outcome)) return outcome.fault instanceof BailiwickError ? outcome.fault.code : undefined;
  const { headers, body } = outcome.answer;
  const code = headers[refusedHeader];
  return typeof code === 'string' ? code : problemOf(headers, body)?.code;
}

function refusalOf(outcome: Outcome, code: string | undefined): Momentary | undefined {
  if ('answer' in outcome) return momentaryRefusal(outcome.answer.status, code);
  const { fault } = outcome;
  return fault instanceof BailiwickError ? momentaryRefusal(fault.status, code) : undefined;
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
