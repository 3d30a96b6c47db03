import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { ServiceName, Workload } from '../spiffe.ts';
import { delegatedJwkSchema, type DelegatedJwk, type DelegatedUse, type Delegation } from '../token-service-client.ts';
import { keyThumbprint, type PublishedKey } from '../verification-keys.ts';
import { keysChannel } from './rotating-keys.ts';

/** Which workload may sign what on behalf of the token service. */
const holders: Record<DelegatedUse, readonly ServiceName[]> = {
  'transaction-token': ['discord-edge', 'api'],
  grant: ['gateway-proxy'],
};
/** More live keys than a holder's replicas and restarts can need within an hour; the oldest are dropped. */
const maxKeysPerHolder = 64;

export const mayHold = (workload: Workload, use: DelegatedUse): boolean =>
  workload.kind === 'service' && holders[use].includes(workload.name);

/** The keys with which other workloads sign for an hour, as every verifier gets them. */
export class Delegations {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #lifetimeMs: number;

  constructor(options: { database: Database; clock: Clock; lifetimeMs: number }) {
    this.#database = options.database;
    this.#clock = options.clock;
    this.#lifetimeMs = options.lifetimeMs;
  }

  /**
   * Throws `identity.key-in-use` for a key that was published before: a key has one holder, one use and one lifetime.
   */
  async publish(holder: string, use: DelegatedUse, jwk: DelegatedJwk): Promise<Delegation> {
    const nowMs = this.#clock.now();
    const notAfterMs = nowMs + this.#lifetimeMs;
    const kid = keyThumbprint(jwk);
    const inserted = await this.#database.acrossTenants(async (transaction) => {
      const { rowCount } = await transaction.query(
        `insert into delegated_key (kid, use, holder, public, not_after) values ($1, $2, $3, $4, $5)
         on conflict (kid) do nothing`,
        [kid, use, holder, jwk, new Date(notAfterMs)],
      );
      await transaction.query(
        `delete from delegated_key where not_after <= $1 or kid in
           (select kid from delegated_key where holder = $2 order by not_after desc, kid offset $3)`,
        [new Date(nowMs), holder, maxKeysPerHolder],
      );
      await transaction.query('select pg_notify($1, $2)', [keysChannel, use]);
      return rowCount === 1;
    });
    if (!inserted)
      throw callerFault('identity.key-in-use', 'This key has been published before. Create a new one.', 409);
    return { kid, notAfterMs };
  }

  async published(): Promise<PublishedKey[]> {
    const { rows } = await this.#database.acrossTenants((transaction) =>
      transaction.query<{ kid: string; use: DelegatedUse; holder: string; public: unknown; not_after: Date }>(
        'select kid, use, holder, public, not_after from delegated_key where not_after > $1 order by not_after, kid',
        [new Date(this.#clock.now())],
      ),
    );
    return rows.map((row) =>
      publishedKey({ ...row, jwk: delegatedJwkSchema.parse(row.public), notAfterMs: row.not_after.getTime() }),
    );
  }
}

/** A key in the form of GET /v1/keys. */
export const publishedKey = (key: {
  readonly kid: string;
  readonly use: PublishedKey['bailiwick:use'];
  readonly holder: string;
  readonly jwk: DelegatedJwk;
  readonly notAfterMs: number;
}): PublishedKey => ({
  ...key.jwk,
  alg: 'EdDSA',
  use: 'sig',
  kid: key.kid,
  'bailiwick:use': key.use,
  'bailiwick:holder': key.holder,
  'bailiwick:not_after': key.notAfterMs,
});
