import { createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';
import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { whileSealing } from '#security/keyring/rotation.ts';
import { isClosed } from '#security/keyring/sealed-text.ts';

/** One key for each use, so that what was made for one is worthless for another. */
export interface SessionKey {
  /** Signs access tokens (HS256: only this service has to verify them). */
  readonly access: Buffer;
  /** Seals what a browser keeps for us between leaving for Discord and returning. */
  readonly signIn: KeyObject;
  /** Signs the cursors of pages. */
  readonly cursor: KeyObject;
  /** Seals the stored answers of operations with an Idempotency-Key. */
  readonly idempotency: KeyObject;
}

/** The keys that sign and seal what belongs to sessions; a new one replaces the last every thirty days. */
export interface SessionKeys extends Disposable {
  /** Signs and seals. */
  current(): SessionKey;
  /** Whatever is signed or sealed by one of them is accepted; the current one first. */
  accepted(): readonly SessionKey[];
}

/** What the first key that opens something gives. */
export function firstOf<Opened>(
  keys: readonly SessionKey[],
  open: (key: SessionKey) => Opened | undefined,
): Opened | undefined {
  for (const key of keys) {
    const opened = open(key);
    if (opened !== undefined) return opened;
  }
  return undefined;
}

const keyBytes = 32;
const periodMs = 30 * 24 * 60 * 60_000;
/** By then every api knows a new key. */
const announcedMs = 10 * 60_000;
/** Longer than anything lives that is signed or sealed: stored answers live for a day. */
const overlapMs = 25 * 60 * 60_000;
const checkEveryMs = 60_000;

/** As stored. */
interface Row {
  readonly version: number;
  readonly sealed: Buffer;
  readonly startsMs: number;
}

interface Loaded {
  readonly version: number;
  readonly startsMs: number;
  readonly key: SessionKey;
}

interface SessionKeyPorts {
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly envelope: Pick<Envelope, 'seal' | 'open'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Table session_key. Opens the keys, creates the first if there is none, and looks every minute whether the next is due
 * or another api has created it. @throws keyring.unavailable
 */
export async function openSessionKeys(ports: SessionKeyPorts): Promise<SessionKeys> {
  const { clock, logger } = ports;
  let known = await load(ports, []);
  let cancel = (): void => undefined;
  let disposed = false;
  const goOn = (): void => {
    if (disposed) return;
    cancel = clock.after(checkEveryMs, () => {
      load(ports, known)
        .then(
          (loaded) => (known = loaded),
          (error: unknown) => logger.warn({ err: error }, 'the keys of sessions could not be looked at'),
        )
        .finally(goOn);
    });
  };
  goOn();
  const current = (): Loaded => {
    const found = known.findLast(({ startsMs }) => startsMs <= clock.now()) ?? known[0];
    if (found) return found;
    throw platformFault('session.no-key', 'Sessions cannot be signed now. Try again in a moment.');
  };
  return {
    current: () => current().key,
    accepted() {
      const first = current();
      return [first, ...known.toReversed().filter((each) => each !== first)].map(({ key }) => key);
    },
    [Symbol.dispose]() {
      disposed = true;
      cancel();
    },
  };
}

/** Oldest first. */
async function load(ports: SessionKeyPorts, known: readonly Loaded[]): Promise<readonly Loaded[]> {
  const { database, envelope } = ports;
  const rows = await database.acrossTenants(async (transaction) => {
    // One api at a time, or two would create the same key.
    await transaction.query("select pg_advisory_xact_lock(hashtext('session_key'))");
    return replace(transaction, ports, await read(transaction));
  });
  const lost: number[] = [];
  const loaded = await Promise.all(
    rows.map(async ({ version, sealed, startsMs }) => {
      const before = known.find((each) => each.version === version);
      if (before) return before;
      const opened = await envelope.open(sealed, locationOf(version)).catch((error: unknown) => {
        if (!isClosed(error)) throw error;
        lost.push(version);
        return undefined;
      });
      if (!opened) return undefined;
      const bytes = Buffer.from(opened);
      const key = derive(bytes);
      bytes.fill(0);
      return { version, startsMs, key };
    }),
  );
  if (lost.length === 0) return loaded.filter((each) => each !== undefined);
  // From a backup of before the key was replaced: whoever is signed in signs in again.
  await database.acrossTenants((transaction) =>
    transaction.query('delete from session_key where version = any($1)', [lost]),
  );
  return load(ports, known);
}

async function read(transaction: Transaction): Promise<Row[]> {
  const { rows } = await transaction.query<{ version: number; sealed: Buffer; starts_at: Date }>(
    'select version, sealed, starts_at from session_key order by version',
  );
  return rows.map(({ version, sealed, starts_at }) => ({ version, sealed, startsMs: starts_at.getTime() }));
}

/** Deletes what is not accepted any more, and adds the next key if it is due. */
async function replace(
  transaction: Transaction,
  { envelope, clock }: SessionKeyPorts,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const nowMs = clock.now();
  const isOver = (_row: Row, index: number) => (rows[index + 1]?.startsMs ?? Infinity) + overlapMs <= nowMs;
  const over = rows.filter(isOver);
  if (over.length > 0)
    await transaction.query('delete from session_key where version = any($1)', [over.map(({ version }) => version)]);
  const kept = rows.filter((row) => !over.includes(row));
  const newest = kept.at(-1);
  if (newest && newest.startsMs + periodMs > nowMs) return kept;
  const version = (newest?.version ?? 0) + 1;
  const bytes = randomBytes(keyBytes);
  await whileSealing(transaction, 'platform');
  const sealed = Buffer.from(await envelope.seal(bytes, locationOf(version)));
  bytes.fill(0);
  const startsMs = newest ? nowMs + announcedMs : nowMs;
  await transaction.query('insert into session_key (version, sealed, starts_at) values ($1, $2, $3)', [
    version,
    sealed,
    new Date(startsMs),
  ]);
  return [...kept, { version, sealed, startsMs }];
}

const locationOf = (version: number): Location => ({
  tenant: 'platform',
  table: 'session_key',
  column: 'sealed',
  row: String(version),
});

/** HKDF-SHA-256 (RFC 5869). */
function derive(root: Buffer): SessionKey {
  const of = (use: string) => Buffer.from(hkdfSync('sha256', root, '', `bailiwick/api/${use}`, keyBytes));
  return {
    access: of('access'),
    signIn: createSecretKey(of('sign-in')),
    cursor: createSecretKey(of('cursor')),
    idempotency: createSecretKey(of('idempotency')),
  };
}
