import type { Database } from '#infra/database/pool.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import { grantedServices, type ServiceName, type Workload } from '../spiffe.ts';
import type { IdentityKey } from '../identity-keys.ts';
import type { Delegation, SharedKey } from '../token-service-client.ts';
import {
  algorithmOf,
  keyThumbprint,
  type HeldKey,
  type PublishedKey,
  type SecretJwk,
  type SharedKeyUse,
} from '../verification-keys.ts';
import { maxTransactionTokenLifetimeSec } from '../transaction-token.ts';
import { keysChannel } from './rotating-keys.ts';

/** Which service may sign what on behalf of the token service, and which one may verify it. */
const parties: Record<
  SharedKeyUse,
  { readonly holders: readonly ServiceName[]; readonly verifiers: readonly ServiceName[] }
> = {
  'transaction-token': { holders: ['discord-edge', 'api'], verifiers: ['gateway-proxy'] },
  grant: { holders: ['gateway-proxy'], verifiers: grantedServices },
};
/** More live keys of a holder and verifier than replicas and restarts can need within an hour; the oldest are dropped. */
const maxKeysPerPair = 64;
const maxOpened = 1_000;
/** Within this time every holder has asked for the keys again (agent.ts: every 30 s), and has replaced its own. */
const handOverMs = 70_000;

export const mayShare = (holder: Workload, { use, verifier }: Omit<SharedKey, 'jwk'>): boolean =>
  holder.kind === 'service' && parties[use].holders.includes(holder.name) && parties[use].verifiers.includes(verifier);

/**
 * The keys that holders share with verifiers for an hour, sealed in the database. A key is given to its verifier alone,
 * and withdrawn when the holder or the verifier is revoked.
 */
export class Delegations {
  readonly #database: Database;
  readonly #envelope: Envelope;
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #opened = new BoundedMap<string, string>(maxOpened);

  constructor(options: { database: Database; envelope: Envelope; clock: Clock; lifetimeMs: number }) {
    this.#database = options.database;
    this.#envelope = options.envelope;
    this.#clock = options.clock;
    this.#lifetimeMs = options.lifetimeMs;
  }

  /**
   * `holder` and `verifier` are SPIFFE ids. Throws `identity.key-in-use` for a key that was shared before: a key has one holder, one use, one verifier and one
   * lifetime.
   */
  async share(key: { use: SharedKeyUse; jwk: SecretJwk; holder: string; verifier: string }): Promise<Delegation> {
    const { use, jwk, holder, verifier } = key;
    const nowMs = this.#clock.now();
    const notAfterMs = nowMs + this.#lifetimeMs;
    const kid = keyThumbprint(jwk);
    const inserted = await this.#database.acrossTenants(async (transaction) => {
      await whileSealing(transaction, 'platform');
      const sealed = Buffer.from(await this.#envelope.seal(Buffer.from(jwk.k, 'base64url'), locationOf(kid)));
      const { rowCount } = await transaction.query(
        `insert into delegated_key (kid, use, holder, verifier, sealed, not_after, created_at) values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (kid) do nothing`,
        [kid, use, holder, verifier, sealed, new Date(notAfterMs), new Date(nowMs)],
      );
      await transaction.query(
        `delete from delegated_key where not_after <= $1 or kid in
           (select kid from delegated_key where holder = $2 and verifier = $3 order by not_after desc, kid offset $4)`,
        [new Date(nowMs), holder, verifier, maxKeysPerPair],
      );
      await transaction.query('select pg_notify($1, $2)', [keysChannel, use]);
      return rowCount === 1;
    });
    if (!inserted) throw callerFault('identity.key-in-use', 'This key has been used before. Create a new one.', 409);
    return { kid, notAfterMs };
  }

  /** The keys with which the workload of this SPIFFE id verifies. */
  sharedWith(verifier: string): Promise<PublishedKey[]> {
    return acrossRotation(() => this.#sharedWith(verifier));
  }

  async #sharedWith(verifier: string): Promise<PublishedKey[]> {
    const { rows } = await this.#database.acrossTenants((transaction) =>
      transaction.query<Row>(
        `select kid, use, holder, sealed, not_after from delegated_key
         where not_after > $1 and verifier = $2 order by not_after, kid`,
        [new Date(this.#clock.now()), verifier],
      ),
    );
    return Promise.all(
      rows.map(async (row) => ({
        kty: 'oct' as const,
        k: await this.#open(row),
        alg: algorithmOf[row.use],
        use: 'sig' as const,
        kid: row.kid,
        'bailiwick:use': row.use,
        'bailiwick:holder': row.holder,
        'bailiwick:not_after': row.not_after.getTime(),
      })),
    );
  }

  /**
   * Has every holder replace its keys. They learn of it with the keys that they verify with, and keep signing with the
   * old ones until then; what those have signed is accepted for its whole lifetime.
   */
  async rotate(): Promise<void> {
    const lastMs = this.#clock.now() + handOverMs + maxTransactionTokenLifetimeSec * 1_000;
    await this.#database.acrossTenants(async (transaction) => {
      await transaction.query('update delegated_key set not_after = $1 where not_after > $1', [new Date(lastMs)]);
      await transaction.query('select pg_notify($1, $2)', [keysChannel, 'rotate']);
    });
  }

  /** The keys that the workload of this SPIFFE id has shared with others. */
  async heldBy(holder: string): Promise<HeldKey[]> {
    const rows = (await this.#list()).filter((row) => row.holder === holder);
    return rows.map(({ kid, not_after: notAfter }) => ({ kid, notAfterMs: notAfter.getTime() }));
  }

  /** All of them, the newest of each holder and verifier last. */
  async report(): Promise<IdentityKey[]> {
    const rows = await this.#list();
    return rows.map((row) => {
      const isNewest =
        rows.findLast(({ holder, verifier }) => holder === row.holder && verifier === row.verifier) === row;
      return {
        kind: 'shared',
        use: row.use,
        id: row.kid,
        holder: row.holder,
        verifier: row.verifier,
        state: isNewest ? 'current' : 'earlier',
        createdAt: row.created_at.toISOString(),
        signsFrom: row.created_at.toISOString(),
        acceptedUntil: row.not_after.toISOString(),
      };
    });
  }

  async #list(): Promise<ListedRow[]> {
    const { rows } = await this.#database.acrossTenants((transaction) =>
      transaction.query<ListedRow>(
        `select kid, use, holder, verifier, created_at, not_after from delegated_key
         where not_after > $1 order by created_at, kid`,
        [new Date(this.#clock.now())],
      ),
    );
    return rows;
  }

  async #open({ kid, sealed, not_after: notAfter }: Row): Promise<string> {
    const known = this.#opened.get(kid, this.#clock.now());
    if (known !== undefined) return known;
    const secret = Buffer.from(await this.#envelope.open(sealed, locationOf(kid)));
    const k = secret.toString('base64url');
    this.#opened.set(kid, k, notAfter.getTime());
    return k;
  }
}

interface Row {
  readonly kid: string;
  readonly use: SharedKeyUse;
  readonly holder: string;
  readonly sealed: Buffer;
  readonly not_after: Date;
}

interface ListedRow extends Omit<Row, 'sealed'> {
  readonly verifier: string;
  readonly created_at: Date;
}

/** A sealed key can be opened only in its own row. */
const locationOf = (kid: string): Location => ({
  tenant: 'platform',
  table: 'delegated_key',
  column: 'sealed',
  row: kid,
});
