import type { Audience } from '#security/identity/spiffe.ts';
import type { CallerClaims } from '#security/identity/call-token.ts';
import type { Transaction } from '#security/identity/transaction-token.ts';
import type { Found, Pass, RawRequest } from './facts.ts';

/** The result for a token, its expiry, and the generation of the token cache that it belongs to. */
export interface NearToken<Value> {
  readonly token: string;
  readonly value: Value;
  readonly untilMs: number;
  readonly generation: number;
}

/** Something that belongs to a request with exactly these facts. */
export interface NearFact<Value> {
  readonly facts: Facts;
  readonly value: Value;
  readonly untilMs: number;
  readonly generation: number;
}

type Named = 'route' | 'params' | 'decision' | 'transaction';
type Facts = { readonly raw: RawRequest } & { readonly [Name in Named]?: Found[Name] | undefined };

/** The same objects, so the same facts: each is created once and never changed. */
export const sameFacts = (one: Facts, other: Facts): boolean =>
  one.decision === other.decision &&
  one.transaction === other.transaction &&
  one.route === other.route &&
  one.params === other.params &&
  one.raw.method === other.raw.method;

/**
 * Remembers a connection's last request, so that the next one, which is mostly identical to the last byte, is not
 * parsed again: what follows from its bytes alone, and where to find what was made for it. Nothing in here allows
 * anything: each owner checks freshness, times, revocation and versions as if there were no memory.
 */
export interface ConnectionMemory {
  canonical?: { readonly raw: RawRequest; readonly outcome: Pass };
  match?: { readonly method: string; readonly path: string; readonly wantsUpgrade: boolean; readonly outcome: Pass };
  call?: NearToken<CallerClaims> & { readonly audience: Audience; readonly thumbprint: string };
  transaction?: NearToken<Transaction>;
  grant?: NearFact<string>;
  read?: NearFact<{ count: number }>;
}

/** A longer header section is not remembered. */
const maxKeptCharacters = 4 * 1024;

/** Exactly the same request line and header section. */
export function sameBytes(one: RawRequest, other: RawRequest): boolean {
  const { length } = one.rawHeaders;
  if (one.url !== other.url || one.method !== other.method || one.httpVersion !== other.httpVersion) return false;
  if (length !== other.rawHeaders.length) return false;
  for (let index = 0; index < length; index += 1) {
    if (one.rawHeaders[index] !== other.rawHeaders[index]) return false;
  }
  return true;
}

/** Whether a request is small enough to be kept with its connection. */
export function keepable({ url, rawHeaders }: RawRequest): boolean {
  let characters = url.length;
  for (const text of rawHeaders) characters += text.length;
  return characters <= maxKeptCharacters;
}
