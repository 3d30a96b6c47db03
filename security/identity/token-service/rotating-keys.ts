import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';

/** Sent to every token service when the published keys change. */
export const keysChannel = 'identity_keys';

/** When a key signs: from `startsMs` until before `endsMs`; what it signed is accepted until `notAfterMs`. */
export interface KeySpan {
  readonly startsMs: number;
  readonly endsMs: number;
  readonly notAfterMs: number;
}

/** The parts of a key, as stored. */
export interface KeyMaterial {
  readonly kid: string;
  readonly public: object;
  /** PKCS #8 in DER; sealed before it is written. */
  readonly privateDer: Buffer;
}

/** How keys of one use are created and turned into signers. */
export interface KeyMaker<Signer> {
  readonly use: 'authority' | 'call-token';
  make(span: KeySpan): Promise<KeyMaterial>;
  open(material: KeyMaterial): Promise<Signer>;
}

export type RotatingKey<Signer> = KeySpan & {
  readonly kid: string;
  readonly createdAtMs: number;
  readonly signer: Signer;
};

export interface RotatingKeysOptions<Signer> {
  readonly database: Database;
  readonly envelope: Envelope;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maker: KeyMaker<Signer>;
  /** How long a key signs. */
  readonly periodMs: number;
  /** How long a key is published before it signs: longer than any verifier takes to learn of it. */
  readonly publishAheadMs: number;
  /** How long a key's last signature stays valid. */
  readonly retentionMs: number;
}

/** Bounds the delay of a rotation whose own timer was missed (a sleeping machine, a failed attempt). */
const checkEveryMs = 10_000;

/**
 * The keys of one use: stored sealed, so that a restarted token service continues with them. The next key is published
 * before it signs; the last one stays until nothing that it signed can be valid. Several token services on one database
 * agree, since they rotate one at a time.
 */
export class RotatingKeys<Signer> {
  readonly #options: RotatingKeysOptions<Signer>;
  readonly #listeners = new Set<() => void>();
  #keys: readonly RotatingKey<Signer>[] = [];
  #cancel: () => void = () => undefined;
  #reloading: Promise<void> = Promise.resolve();
  #disposed = false;

  private constructor(options: RotatingKeysOptions<Signer>) {
    this.#options = options;
  }

  /** Loads the keys, creates the first if there is none, and keeps rotating until disposed. */
  static async start<Signer>(options: RotatingKeysOptions<Signer>): Promise<RotatingKeys<Signer>> {
    const keys = new RotatingKeys(options);
    await keys.reload();
    keys.#schedule();
    return keys;
  }

  /** The current signing key. Throws `identity.no-signing-key` if the next one could not be created in time. */
  current(): RotatingKey<Signer> {
    const nowMs = this.#options.clock.now();
    const key = this.#keys.findLast((each) => each.startsMs <= nowMs && nowMs < each.endsMs);
    if (key) return key;
    throw platformFault(
      'identity.no-signing-key',
      'The token service has no valid signing key. Try again in a moment.',
    );
  }

  /** Every key that a verifier has to know, including those that do not sign yet; oldest first. */
  published(): readonly RotatingKey<Signer>[] {
    const nowMs = this.#options.clock.now();
    return this.#keys.filter((each) => each.notAfterMs > nowMs);
  }

  /**
   * Publishes the next key now, which takes over `aheadMs` later: by then every verifier has to know it. Throws
   * `identity.rotation-under-way` while the next key waits for its turn.
   */
  async rotate(aheadMs: number): Promise<void> {
    const { database, clock, maker, retentionMs } = this.#options;
    await database.acrossTenants(async (transaction) => {
      await this.#lock(transaction);
      const nowMs = clock.now();
      const newest = (await this.#read(transaction)).at(-1);
      if (newest && newest.startsMs > nowMs)
        throw callerFault(
          'identity.rotation-under-way',
          `The next key is published already and takes over at ${new Date(newest.startsMs).toISOString()}. Wait until then.`,
          409,
        );
      const startsMs = Math.min(nowMs + aheadMs, newest && newest.endsMs > nowMs ? newest.endsMs : nowMs);
      await transaction.query('update identity_key set not_after = $3 where use = $1 and kid = $2', [
        maker.use,
        newest?.kid,
        new Date(startsMs + retentionMs),
      ]);
      await this.#add(transaction, startsMs);
    });
    await this.reload();
  }

  onChanged(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Loads what is in the database, and rotates if that is due. One at a time, so that the latest wins. */
  reload(): Promise<void> {
    const next = this.#reloading.then(() => acrossRotation(() => this.#reloadNow()));
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  dispose(): void {
    this.#cancel();
    this.#listeners.clear();
    this.#disposed = true;
  }

  async #reloadNow(): Promise<void> {
    const rows = await this.#options.database.acrossTenants(async (transaction) => {
      await this.#lock(transaction);
      return this.#rotate(transaction, await this.#read(transaction));
    });
    const known = new Map(this.#keys.map((key) => [key.kid, key]));
    const keys = await Promise.all(
      rows.map(async (row) => {
        const before = known.get(row.kid);
        return before ? { ...before, ...spanOf(row) } : this.#open(row);
      }),
    );
    const changed = keys.length !== known.size || keys.some((key) => known.get(key.kid)?.notAfterMs !== key.notAfterMs);
    this.#keys = keys;
    if (changed) for (const listener of this.#listeners) listener();
  }

  #schedule(): void {
    if (this.#disposed) return;
    this.#cancel = this.#options.clock.after(checkEveryMs, () => {
      const check = this.#isDue(this.#keys) ? this.reload() : Promise.resolve();
      check
        .catch((error: unknown) => {
          this.#options.logger.error({ err: error, use: this.#options.maker.use }, 'could not rotate keys');
        })
        .finally(() => this.#schedule());
    });
  }

  async #lock(transaction: Transaction): Promise<void> {
    await transaction.query('select pg_advisory_xact_lock(hashtext($1))', [`identity_key ${this.#options.maker.use}`]);
  }

  /** True if the next key has to be published, or one that nothing depends on any more has to be destroyed. */
  #isDue(keys: readonly KeySpan[]): boolean {
    const nowMs = this.#options.clock.now();
    return this.#needsNext(keys) || keys.some(({ notAfterMs }) => notAfterMs <= nowMs);
  }

  /** True if the newest key is so near its end that the next one has to be published. */
  #needsNext(keys: readonly KeySpan[]): boolean {
    const newest = keys.at(-1);
    return !newest || newest.endsMs - this.#options.publishAheadMs <= this.#options.clock.now();
  }

  async #rotate(transaction: Transaction, rows: readonly Row[]): Promise<readonly Row[]> {
    const { clock, maker } = this.#options;
    const nowMs = clock.now();
    const alive = rows.filter((row) => row.notAfterMs > nowMs);
    if (alive.length < rows.length)
      await transaction.query('delete from identity_key where use = $1 and not_after <= $2', [
        maker.use,
        new Date(nowMs),
      ]);
    if (!this.#needsNext(alive)) return alive;
    // After a pause in which no key was created, the new one signs at once: there is nothing to wait for.
    return [...alive, await this.#add(transaction, Math.max(alive.at(-1)?.endsMs ?? 0, nowMs))];
  }

  async #add(transaction: Transaction, startsMs: number): Promise<Row> {
    const { maker, periodMs, retentionMs } = this.#options;
    const span = { startsMs, endsMs: startsMs + periodMs, notAfterMs: startsMs + periodMs + retentionMs };
    const row = await this.#store(transaction, span, await maker.make(span));
    await transaction.query('select pg_notify($1, $2)', [keysChannel, maker.use]);
    return row;
  }

  async #read(transaction: Transaction): Promise<Row[]> {
    const { rows } = await transaction.query<StoredRow>(
      'select kid, public, sealed, not_before, not_after, created_at from identity_key where use = $1 order by not_before, created_at',
      [this.#options.maker.use],
    );
    return rows.map((row) => ({
      kid: row.kid,
      public: row.public,
      sealed: row.sealed,
      createdAtMs: row.created_at.getTime(),
      startsMs: row.not_before.getTime(),
      endsMs: row.not_after.getTime() - this.#options.retentionMs,
      notAfterMs: row.not_after.getTime(),
    }));
  }

  async #store(transaction: Transaction, span: KeySpan, material: KeyMaterial): Promise<Row> {
    const { maker, envelope, clock } = this.#options;
    const createdAtMs = clock.now();
    await whileSealing(transaction, 'platform');
    const sealed = Buffer.from(await envelope.seal(material.privateDer, locationOf(maker.use, material.kid)));
    material.privateDer.fill(0);
    await transaction.query(
      'insert into identity_key (kid, use, public, sealed, not_before, not_after, created_at) values ($1, $2, $3, $4, $5, $6, $7)',
      [
        material.kid,
        maker.use,
        material.public,
        sealed,
        new Date(span.startsMs),
        new Date(span.notAfterMs),
        new Date(createdAtMs),
      ],
    );
    return { ...span, kid: material.kid, public: material.public, sealed, createdAtMs };
  }

  async #open(row: Row): Promise<RotatingKey<Signer>> {
    const { maker, envelope } = this.#options;
    const privateDer = Buffer.from(await envelope.open(row.sealed, locationOf(maker.use, row.kid)));
    const signer = await maker.open({ kid: row.kid, public: row.public, privateDer });
    privateDer.fill(0);
    return { kid: row.kid, createdAtMs: row.createdAtMs, ...spanOf(row), signer };
  }
}

const spanOf = ({ startsMs, endsMs, notAfterMs }: KeySpan): KeySpan => ({ startsMs, endsMs, notAfterMs });

type Row = KeySpan & {
  readonly kid: string;
  readonly createdAtMs: number;
  readonly public: object;
  readonly sealed: Buffer;
};

interface StoredRow {
  readonly kid: string;
  readonly public: object;
  readonly sealed: Buffer;
  readonly not_before: Date;
  readonly not_after: Date;
  readonly created_at: Date;
}

/** A sealed key can be opened only in its own row and for its own use. */
const locationOf = (use: string, kid: string): Location => ({
  tenant: 'platform',
  table: 'identity_key',
  column: `sealed:${use}`,
  row: kid,
});
