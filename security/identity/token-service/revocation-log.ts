import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { RevocationSet, type Revocation, type RevocationKind, type RevocationQuery } from '../revocations.ts';
import type { RevokeRequest } from '../token-service-client.ts';
import { maxTransactionTokenLifetimeSec } from '../transaction-token.ts';
import { keysChannel } from './rotating-keys.ts';

/** The trigger on the table notifies this channel (see the migrations). */
const channel = 'revocation';
/** How often the log is read even without a notification; heartbeats report each successful read. */
const heartbeatMs = 1_000;
/** Without a successful read for this long, nothing may be decided. */
const knownWithinMs = 2_500;
const marginMs = 60_000;

/** What the log sends its readers: a revocation, or that everything up to `head` is known at this moment. */
export interface LogReader {
  revoked(revocation: Revocation): void;
  alive(head: number): void;
}

/**
 * The log of revocations. Numbers are assigned in the order of commits, so that a reader that knows everything up to a
 * number has missed nothing. Followed with LISTEN, so that several token services push the same within milliseconds.
 */
export class RevocationLog implements AsyncDisposable {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #longestLifeMs: number;
  readonly #known = new RevocationSet();
  readonly #readers = new Set<LogReader>();
  #entries: Revocation[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #again = false;
  #cancel: () => void = () => undefined;
  #stopped = false;
  #subscription: AsyncDisposable | undefined;

  private constructor(options: RevocationLogOptions) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#longestLifeMs = options.longestLifeMs;
  }

  static async start(options: RevocationLogOptions): Promise<RevocationLog> {
    const log = new RevocationLog(options);
    await log.#read();
    log.#subscription = await options.database.listen(channel, {
      notified: () => log.#readSoon(),
      connected: () => log.#readSoon(),
      disconnected: () => undefined,
    });
    log.#beat();
    return log;
  }

  get head(): number {
    return this.#known.lastSeq;
  }

  /** False while the database does not respond: then nobody may be told that nothing was revoked. */
  fresh(): boolean {
    return this.#clock.now() - this.#readAtMs <= knownWithinMs;
  }

  isRevoked(query: RevocationQuery): boolean {
    return this.#known.isRevoked(query);
  }

  since(seq: number): readonly Revocation[] {
    return this.#entries.filter((entry) => entry.seq > seq);
  }

  follow(reader: LogReader): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  /** Durable and known here when it resolves. The keys that a subject shares with others are withdrawn with it. */
  async add(request: RevokeRequest): Promise<number> {
    const nowMs = this.#clock.now();
    const seq = await this.#database.acrossTenants(async (transaction) => {
      await transaction.query("select pg_advisory_xact_lock(hashtext('revocation'))");
      if (request.kind === 'subject') await withdrawKeys(transaction, request.value);
      const { rows } = await transaction.query<{ seq: string }>(
        `insert into revocation (kind, value, reason, not_after, created_at) values ($1, $2, $3, $4, $5) returning seq`,
        [request.kind, request.value, request.reason, new Date(nowMs + this.#lifeMs(request.kind)), new Date(nowMs)],
      );
      await transaction.query('delete from revocation where not_after <= $1 and seq < $2', [
        new Date(nowMs),
        rows[0]?.seq,
      ]);
      return Number(rows[0]?.seq);
    });
    await this.#read();
    return seq;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#subscription?.[Symbol.asyncDispose]();
    await this.#reading;
  }

  #lifeMs(kind: RevocationKind): number {
    const life = kind === 'token' ? maxTransactionTokenLifetimeSec * 1000 : this.#longestLifeMs;
    return life + marginMs;
  }

  #beat(): void {
    if (this.#stopped) return;
    this.#cancel = this.#clock.after(heartbeatMs, () => {
      this.#readSoon();
      this.#beat();
    });
  }

  #readSoon(): void {
    this.#read().catch((error: unknown) => this.#logger.warn({ err: error }, 'could not read revocations'));
  }

  /** One read at a time; a request during a read causes another one after it. */
  #read(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return this.#reading;
    }
    this.#reading = this.#readAll();
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    try {
      do {
        this.#again = false;
        const startedMs = this.#clock.now();
        const fresh = await this.#fetch();
        this.#readAtMs = startedMs;
        this.#take(fresh);
      } while (this.#again && !this.#stopped);
    } finally {
      this.#reading = undefined;
    }
  }

  async #fetch(): Promise<Revocation[]> {
    const { rows } = await this.#database.acrossTenants((transaction) =>
      transaction.query<Row>(
        'select seq, kind, value, reason, not_after, created_at from revocation where seq > $1 order by seq',
        [this.#known.lastSeq],
      ),
    );
    return rows.map((row) => ({
      seq: Number(row.seq),
      kind: row.kind,
      value: row.value,
      reason: row.reason,
      revokedAtMs: row.created_at.getTime(),
      notAfterMs: row.not_after.getTime(),
    }));
  }

  #take(fresh: readonly Revocation[]): void {
    const nowMs = this.#clock.now();
    if (fresh.length > 0) this.#entries = [...this.#entries.filter((entry) => entry.notAfterMs > nowMs), ...fresh];
    this.#known.forgetExpired(nowMs);
    for (const revocation of fresh) {
      this.#known.add(revocation);
      for (const reader of this.#readers) reader.revoked(revocation);
    }
    for (const reader of this.#readers) reader.alive(this.#known.lastSeq);
  }
}

export interface RevocationLogOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The longest lifetime of a certificate or delegated key: a revocation must be known for this long. */
  readonly longestLifeMs: number;
}

interface Row {
  readonly seq: string;
  readonly kind: RevocationKind;
  readonly value: string;
  readonly reason: string;
  readonly not_after: Date;
  readonly created_at: Date;
}

/** Those that it holds, and those that were shared with it: both sides can sign with them. */
async function withdrawKeys(transaction: Transaction, subject: string): Promise<void> {
  await transaction.query('delete from delegated_key where $1 in (holder, verifier)', [subject]);
  await transaction.query("select pg_notify($1, 'withdrawn')", [keysChannel]);
}
