import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { Database, Statement, Transaction } from '#infra/database/pool.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { HealthCause } from '#infra/observability/health.ts';
import { encodeRecord, type AuditRecord } from './record.ts';

/** A record in its stored form. */
interface Encoded {
  readonly tenant: string;
  readonly text: string;
}

const encode = (record: AuditRecord): Encoded => ({ tenant: record.tenant, text: encodeRecord(record) });

/**
 * Journals records in the caller's transaction, so that they are kept exactly if the change that they describe is. One
 * statement, whatever their number. Row-level security refuses a record of a tenant that is not the transaction's.
 * @throws audit.invalid-record, audit.record-too-large
 */
export async function journal(transaction: Transaction, records: readonly AuditRecord[]): Promise<void> {
  if (records.length > 0) await transaction.query(insertionOf(records.map(encode)));
}

function insertionOf(records: readonly Encoded[]): Statement {
  const rows = rowsOf(records);
  return {
    name: 'audit-journal',
    // One text for all: each quote in an array of texts would be escaped here and unescaped there.
    text: `insert into audit_journal (tenant_id, record) select tenant_id, record
             from rows from (unnest($1::text[]), string_to_table($2, E'\\n\\n')) as given (tenant_id, record)`,
    values: [rows.map(({ tenant }) => tenant), rows.map(({ text }) => text).join('\n\n')],
  };
}

/**
 * What a row may hold, in characters, so that, with a hash for each record, it fits on a page of the database (8 KiB).
 */
const rowCharacters = 6_800;

/**
 * Records of one tenant share a row, one per line (canonical JSON has no newline), in the given order: a row costs the
 * database more than its contents. They are sealed together in that order.
 */
function rowsOf(records: readonly Encoded[]): Encoded[] {
  const rows: { tenant: string; text: string }[] = [];
  const open = new Map<string, { tenant: string; text: string }>();
  for (const { tenant, text } of records) {
    const row = open.get(tenant);
    if (row && row.text.length + text.length < rowCharacters) {
      row.text += `\n${text}`;
      continue;
    }
    const next = { tenant, text };
    open.set(tenant, next);
    rows.push(next);
  }
  return rows;
}

export interface BatchJournalOptions {
  /** Its role must be allowed to write for every tenant. */
  readonly database: Pick<Database, 'queryAcrossTenants'>;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** A batch is written when it has this many records or its first one has waited this long. */
  readonly batchRecords?: number;
  readonly batchDelayMs?: number;
  /** Records waiting to be written: beyond this, `add` rejects and `addLater` counts a loss. */
  readonly maxWaiting?: number;
  /** `add` rejects after this long. */
  readonly timeoutMs?: number;
}

/** For decisions that have no transaction of their own. */
export interface BatchJournal extends AsyncDisposable {
  /**
   * Resolves once the record is durable. If it rejects, the caller must not do what the record describes (the record
   * may have been kept anyway, if the database answered too late).
   * @throws audit.invalid-record, audit.record-too-large, audit.journal-full, audit.not-durable, audit.closed
   */
  add(record: AuditRecord): Promise<void>;
  /** For allowed reads: not awaited, and retried until written (written twice if the response to a commit is lost). */
  addLater(record: AuditRecord): void;
  /** Degraded for ten minutes after a record was lost, or while records cannot be written. */
  health(): Omit<HealthCause, 'name'>;
  /** Records given to `addLater` that were lost since the process started. */
  readonly lost: number;
}

interface Waiting extends Encoded {
  readonly deadlineMs: number;
  readonly settle: { resolve(): void; reject(error: unknown): void } | undefined;
}

const concurrentBatches = 2;
const retryDelayMs = 250;
const degradedForMs = 10 * 60_000;
const closeTimeoutMs = 3_000;

export function createBatchJournal(options: BatchJournalOptions): BatchJournal {
  return new Batches(options);
}

class Batches implements BatchJournal {
  readonly #database: Pick<Database, 'queryAcrossTenants'>;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #batchRecords: number;
  readonly #batchDelayMs: number;
  readonly #maxWaiting: number;
  readonly #timeoutMs: number;
  #waiting: Waiting[] = [];
  #underWay = 0;
  #inFlight = new Set<Waiting>();
  #due: (() => void) | undefined;
  #sweep: (() => void) | undefined;
  #closing = false;
  #failing = false;
  #lost = 0;
  #lostAtMs = Number.NEGATIVE_INFINITY;
  #idle: (() => void) | undefined;

  constructor(options: BatchJournalOptions) {
    this.#database = options.database;
    this.#logger = options.logger;
    this.#clock = options.clock ?? systemClock;
    this.#batchRecords = options.batchRecords ?? 300;
    this.#batchDelayMs = options.batchDelayMs ?? 5;
    this.#maxWaiting = options.maxWaiting ?? 10_000;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
  }

  get lost(): number {
    return this.#lost;
  }

  async add(record: AuditRecord): Promise<void> {
    const encoded = encode(record);
    if (this.#closing) throw platformFault('audit.closed', 'The audit journal is closed.');
    if (this.#full())
      throw platformFault(
        'audit.journal-full',
        'The audit journal is overloaded, so nothing was done. Try again in a moment.',
      );
    await new Promise<void>((resolve, reject) => {
      this.#enqueue({ ...encoded, deadlineMs: this.#clock.now() + this.#timeoutMs, settle: { resolve, reject } });
    });
  }

  addLater(record: AuditRecord): void {
    let encoded: Encoded;
    try {
      encoded = encode(record);
    } catch (error) {
      this.#logger.error({ err: error }, 'invalid audit record of a read');
      this.#lose(1);
      return;
    }
    if (this.#closing || this.#full()) this.#lose(1);
    else this.#enqueue({ ...encoded, deadlineMs: Number.POSITIVE_INFINITY, settle: undefined });
  }

  health(): Omit<HealthCause, 'name'> {
    if (this.#failing)
      return { status: 'degraded', detail: 'audit records cannot be written: the database does not take them' };
    if (this.#clock.now() - this.#lostAtMs < degradedForMs) {
      return { status: 'degraded', detail: `${this.#lost} audit records of reads lost since the process started` };
    }
    return { status: 'healthy' };
  }

  /** Writes what is waiting, for three seconds at most; what is left then is rejected or counted as lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing = true;
    this.#flush();
    if (this.#size() > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(closeTimeoutMs, resolve);
        this.#idle = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#due?.();
    this.#sweep?.();
    this.#giveUp(
      [...this.#waiting, ...this.#inFlight],
      platformFault('audit.closed', 'The audit journal was closed before the record was durable.'),
    );
    this.#waiting = [];
  }

  #size = (): number => this.#waiting.length + this.#inFlight.size;
  #full = (): boolean => this.#size() >= this.#maxWaiting;

  #enqueue(entry: Waiting): void {
    this.#waiting.push(entry);
    if (entry.settle && !this.#sweep) this.#sweep = this.#clock.after(this.#timeoutMs, () => this.#expire());
    if (this.#waiting.length >= this.#batchRecords) this.#flush();
    else this.#due ??= this.#clock.after(this.#batchDelayMs, () => this.#flush());
  }

  /** Starts as many batches as may run at once; the rest follow when one is done. */
  #flush(): void {
    this.#due?.();
    this.#due = undefined;
    while (this.#waiting.length > 0 && this.#underWay < concurrentBatches) {
      const batch = this.#waiting.splice(0, this.#batchRecords);
      this.#underWay += 1;
      for (const entry of batch) this.#inFlight.add(entry);
      void this.#write(batch);
    }
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#database.queryAcrossTenants(insertionOf(batch));
      this.#failing = false;
      for (const entry of batch) {
        this.#inFlight.delete(entry);
        entry.settle?.resolve();
      }
    } catch (cause) {
      if (!this.#failing) this.#logger.error({ err: cause, records: batch.length }, 'could not write audit records');
      this.#failing = true;
      this.#failed(batch, cause);
    } finally {
      this.#underWay -= 1;
    }
    if (this.#size() === 0) this.#idle?.();
    if (this.#failing) this.#due ??= this.#clock.after(retryDelayMs, () => this.#flush());
    else if (this.#waiting.length >= this.#batchRecords || this.#closing) this.#flush();
    else if (this.#waiting.length > 0) this.#due ??= this.#clock.after(this.#batchDelayMs, () => this.#flush());
  }

  /** Callers that wait are told at once and decide; records that nobody waits for return to the front of the queue. */
  #failed(batch: readonly Waiting[], cause: unknown): void {
    const again = batch.filter((entry) => !entry.settle && this.#inFlight.has(entry));
    for (const entry of batch) {
      if (!this.#inFlight.delete(entry)) continue;
      entry.settle?.reject(notDurable(cause));
    }
    this.#waiting.unshift(...again);
  }

  /** Rejects callers that have waited too long, as when the database accepts connections and never answers. */
  #expire(): void {
    this.#sweep = undefined;
    const nowMs = this.#clock.now();
    const late = (entry: Waiting) => entry.deadlineMs <= nowMs;
    this.#giveUp([...this.#waiting, ...this.#inFlight].filter(late), notDurable('the database did not answer in time'));
    this.#waiting = this.#waiting.filter((entry) => !late(entry));
    const next = Math.min(...[...this.#waiting, ...this.#inFlight].map((entry) => entry.deadlineMs));
    if (Number.isFinite(next)) this.#sweep = this.#clock.after(Math.max(1, next - nowMs), () => this.#expire());
  }

  #giveUp(entries: readonly Waiting[], error: unknown): void {
    let lost = 0;
    for (const entry of entries) {
      this.#inFlight.delete(entry);
      if (entry.settle) entry.settle.reject(error);
      else lost += 1;
    }
    if (entries.length > 0 && !this.#closing) this.#failing = true;
    this.#lose(lost);
  }

  #lose(records: number): void {
    if (records === 0) return;
    if (this.#clock.now() - this.#lostAtMs >= degradedForMs)
      this.#logger.error({ records }, 'losing audit records of reads');
    this.#lost += records;
    this.#lostAtMs = this.#clock.now();
  }
}

const notDurable = (cause: unknown) =>
  platformFault(
    'audit.not-durable',
    'The audit record could not be stored, so nothing was done. Try again in a moment.',
    cause,
  );
