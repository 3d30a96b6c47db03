import { z } from 'zod';

/**
 * subject: everything issued to a SPIFFE id up to now; certificate: one, by thumbprint; token: one, by its `jti` (`txn`
 * for a transaction token).
 */
export const revocationKinds = ['subject', 'certificate', 'token'] as const;
export type RevocationKind = (typeof revocationKinds)[number];

export const revocationSchema = z.object({
  /** Grows with the log; verifiers catch up by it. */
  seq: z.number().int().positive(),
  kind: z.enum(revocationKinds),
  /** A SPIFFE id, an x5t#S256 thumbprint, or a jti. */
  value: z.string().min(1).max(256),
  reason: z.string().max(200),
  /** Milliseconds since the epoch; what a subject was issued later is not affected. */
  revokedAtMs: z.number().int(),
  /** By then everything affected has expired, and the revocation may be deleted. */
  notAfterMs: z.number().int(),
});
export type Revocation = z.infer<typeof revocationSchema>;

/** What is checked: of the given members, one that is revoked is enough. */
export interface RevocationQuery {
  readonly spiffeId?: string;
  /** When the certificate or token of `spiffeId` was issued. Without it, any revocation of the subject counts. */
  readonly issuedAtMs?: number;
  readonly thumbprint?: string;
  readonly jti?: string;
}

/** A verifier's knowledge of revocations, pushed by the token service. */
export interface Revocations {
  isRevoked(query: RevocationQuery): boolean;
  /** False if nothing was received for over three seconds: then no decisions may be made (fail closed). */
  fresh(): boolean;
  /** Called for each revocation as it arrives, to close what is open; the returned function stops it. */
  onRevoked(listener: (revocation: Revocation) => void): () => void;
}

/** A set of revocations by what they affect; an entry is removed once everything that it affects has expired. */
export class RevocationSet {
  readonly #entries = new Map<string, Revocation>();
  #lastSeq = 0;

  /** The newest known number; 0 at first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  add(revocation: Revocation): void {
    this.#lastSeq = Math.max(this.#lastSeq, revocation.seq);
    const key = keyOf(revocation.kind, revocation.value);
    const other = this.#entries.get(key);
    if (!other) this.#entries.set(key, revocation);
    else
      this.#entries.set(key, {
        ...revocation,
        revokedAtMs: Math.max(revocation.revokedAtMs, other.revokedAtMs),
        notAfterMs: Math.max(revocation.notAfterMs, other.notAfterMs),
      });
  }

  /** Everything up to `seq` is known. False if that is behind: then it is not the same log. */
  reach(seq: number): boolean {
    if (seq < this.#lastSeq) return false;
    this.#lastSeq = seq;
    return true;
  }

  isRevoked(query: RevocationQuery): boolean {
    if (this.#entries.size === 0) return false;
    if (query.jti !== undefined && this.#entries.has(keyOf('token', query.jti))) return true;
    if (query.thumbprint !== undefined && this.#entries.has(keyOf('certificate', query.thumbprint))) return true;
    if (query.spiffeId === undefined) return false;
    const subject = this.#entries.get(keyOf('subject', query.spiffeId));
    return subject !== undefined && (query.issuedAtMs === undefined || query.issuedAtMs <= subject.revokedAtMs);
  }

  forgetExpired(nowMs: number): void {
    for (const [key, entry] of this.#entries) if (entry.notAfterMs <= nowMs) this.#entries.delete(key);
  }

  /** Everything must be read again from the start; what is known stays in force. */
  rewind(): void {
    this.#lastSeq = 0;
  }
}

const keyOf = (kind: RevocationKind, value: string): string => `${kind}:${value}`;
