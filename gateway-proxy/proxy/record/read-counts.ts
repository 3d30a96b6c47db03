import type { Clock } from '#infra/kernel/clock.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import type { Exchange } from '../exchange/exchange.ts';

/** How long one record takes up what is identical. */
const countedForMs = 1_000;
/** Little at a time: a second's records at once would hold up every request for tens of milliseconds. */
const sweepEveryMs = 25;
/** Different reads within a second; each one more makes the oldest be written at once. */
const maxKeys = 2_000;

interface Counted {
  /** The time and the request id of the first of them. */
  readonly record: AuditRecord;
  readonly sinceMs: number;
  count: number;
}

/**
 * Allowed reads, with one record for all identical ones within a second: the same caller, transaction, method, address,
 * guild and decision. `detail.count` is their exact number. A record for each read would cost more than the read
 * (infra/decisions/0006); a process that dies loses its last second.
 */
export class ReadCounts implements Disposable {
  readonly #journal: Pick<BatchJournal, 'addLater'>;
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #counted = new Map<string, Counted>();
  #cancel: () => void;
  #closed = false;

  constructor(journal: Pick<BatchJournal, 'addLater'>, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
    this.#cancel = clock.after(sweepEveryMs, this.#sweep);
  }

  /** Counts one; `describe` is called only for the first of its kind. */
  add(exchange: Exchange, describe: () => AuditRecord): void {
    this.#find(exchange, describe).count += 1;
    if (this.#closed) this.#writeAll();
  }

  /** Writes what has been counted; what comes later is written at once. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#cancel();
    this.#writeAll();
  }

  #find(exchange: Exchange, describe: () => AuditRecord): Counted {
    const key = keyOf(exchange);
    const known = this.#counted.get(key);
    if (known) return known;
    if (this.#counted.size >= maxKeys) this.#writeOldest();
    const record = describe();
    record.detail = { ...record.detail, method: exchange.raw.method };
    const counted = { record, sinceMs: this.#clock.now(), count: 0 };
    this.#counted.set(key, counted);
    return counted;
  }

  readonly #sweep = (): void => {
    const beforeMs = this.#clock.now() - countedForMs;
    for (const [key, counted] of this.#counted) {
      if (counted.sinceMs > beforeMs) break;
      this.#write(key, counted);
    }
    this.#cancel = this.#clock.after(sweepEveryMs, this.#sweep);
  };

  #writeOldest(): void {
    for (const [key, counted] of this.#counted) return this.#write(key, counted);
  }

  #writeAll(): void {
    for (const [key, counted] of this.#counted) this.#write(key, counted);
  }

  #write(key: string, { record, count }: Counted): void {
    this.#counted.delete(key);
    record.detail = { ...record.detail, count };
    this.#journal.addLater(record);
  }
}

/** Everything in a record except its time and request id. Only the last two parts can contain a line feed. */
function keyOf({ raw, route, params, peer, decision, transaction }: Exchange): string {
  const call = `${peer?.spiffeId}\n${raw.method} ${route?.to} ${route?.pattern}\n${params.tenant}\n${params.guild}\n${params.tail}`;
  const by = `${decision?.id} ${decision?.version}`;
  if (!transaction) return `${call}\n${by}`;
  const { txn, member } = transaction;
  const who =
    member.kind === 'discord'
      ? `${member.user} ${member.guild} ${member.channel}\n${member.command.length}\n${member.command}`
      : `${member.subject} ${member.guild}`;
  return `${call}\n${by}\n${who}\n${txn}`;
}
