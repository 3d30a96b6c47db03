/** Who has to act for the fault to go away. */
export type ErrorOwner = 'caller' | 'platform' | 'upstream';

export interface ErrorDetails {
  /** Stable identifier 'package.reason'; part of the public contract. */
  readonly code: string;
  readonly owner: ErrorOwner;
  /** What a customer reads: says what to do, without internals. */
  readonly message: string;
  /** HTTP status that this fault maps to. */
  readonly status: number;
  /** What an operator reads; never a secret. */
  readonly operatorMessage?: string;
  /** When to retry; sent as Retry-After (RFC 9110, 10.2.3). */
  readonly retryAfterSec?: number;
  readonly cause?: unknown;
  /** Faults with their locations, for documents that are refused as a whole. */
  readonly faults?: readonly Fault[];
  /** The values that the message contains, so that it can be said in another language. */
  readonly params?: Params;
}

/** Values in a message, by name; of a public message, so no secret. */
export type Params = Readonly<Record<string, string | number>>;

/** The kinds of faults in a value; part of the public contract. */
export const faultCodes = [
  'wrong-type',
  'missing',
  'unknown-field',
  'over-limit',
  'under-limit',
  'wrong-format',
  'unknown-value',
  'invalid',
] as const;
export type FaultCode = (typeof faultCodes)[number];

/** One fault in a refused document: where (JSON pointer) and what. */
export interface Fault {
  readonly at: string;
  readonly code?: FaultCode | undefined;
  readonly message: string;
}

/** The only error class that crosses module boundaries; callers and tests compare its code. */
export class BailiwickError extends Error {
  readonly code: string;
  readonly owner: ErrorOwner;
  readonly status: number;
  readonly operatorMessage: string | undefined;
  readonly retryAfterSec: number | undefined;
  readonly faults: readonly Fault[] | undefined;
  readonly params: Params | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'BailiwickError';
    this.code = details.code;
    this.owner = details.owner;
    this.status = details.status;
    this.operatorMessage = details.operatorMessage;
    this.retryAfterSec = details.retryAfterSec;
    this.faults = details.faults;
    this.params = details.params;
  }
}

/** The caller has to change something. */
export const callerFault = (code: string, message: string, status = 400, faults?: readonly Fault[]): BailiwickError =>
  new BailiwickError({ code, owner: 'caller', message, status, ...(faults ? { faults } : {}) });

/** The same, with the values in its message. */
export const callerFaultWith = (params: Params, code: string, message: string, status = 400): BailiwickError =>
  new BailiwickError({ code, owner: 'caller', message, status, params });

/** The platform is broken or not ready: the caller can only retry. */
export const platformFault = (code: string, message: string, cause?: unknown, status = 503): BailiwickError =>
  new BailiwickError({ code, owner: 'platform', message, status, cause });

/** Something behind the platform (Discord, Lavalink, Vault) failed. */
export const upstreamFault = (code: string, message: string, cause?: unknown, status = 502): BailiwickError =>
  new BailiwickError({ code, owner: 'upstream', message, status, cause });

/** True for an error with this code, whatever class carried it over a process boundary. */
export const hasCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;
