import { createHash } from 'node:crypto';
import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault, type BailiwickError } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { parseSpiffeId, spiffeId, type Workload } from '../spiffe.ts';

const maxOutstanding = 1_000;
const maxLifetimeMs = 15 * 60_000;

/** The SHA-256 of an enrolment token in base64: the token itself is never stored. */
export const enrolmentHash = (token: string): string => createHash('sha256').update(token).digest('base64');

/**
 * One-time enrolments: the first certificate request that is presented with the token gets the identity, and no other
 * after it, at whichever token service. The same request gets it again while the token lives: its answer may have been
 * lost on the way, and the certificate is worth nothing without the key that made the request.
 * They are in the database, since the one that a process enrols at need not be the one that was told of it.
 */
export class Enrolments {
  readonly #database: Database;
  readonly #installation: InstallationId;
  readonly #clock: Clock;
  readonly #announcing = new Set<Promise<void>>();

  constructor(options: { database: Database; installation: InstallationId; clock: Clock }) {
    this.#database = options.database;
    this.#installation = options.installation;
    this.#clock = options.clock;
  }

  /**
   * Durable when it resolves. An enrolment that was announced before, or even used, stays as it is. Lifetimes are limited
   * to 15 minutes.
   * @throws identity.too-many-enrolments, database.unavailable
   */
  expect(tokenSha256Base64: string, workload: Workload, expiresAtMs: number): Promise<void> {
    const announcing = this.#store(Buffer.from(tokenSha256Base64, 'base64'), workload, expiresAtMs);
    this.#announcing.add(announcing);
    const over = () => void this.#announcing.delete(announcing);
    announcing.then(over, over);
    return announcing;
  }

  /** A check that does not use the token up, so that unknown tokens cost no cryptography. */
  async isOutstanding(token: string, request: string): Promise<boolean> {
    // One that is being announced here counts as announced.
    await Promise.allSettled(this.#announcing);
    const rows = await this.#database.queryAcrossTenants({
      text: `select from enrolment
        where token_sha256 = $1 and coalesce(request_sha256, $3) = $3 and not_after > $2`,
      values: [hashOf(token), this.#now(), hashOf(request)],
    });
    return rows.length === 1;
  }

  /**
   * Uses a token up for this certificate request and returns its workload. Of several concurrent requests one wins, at
   * whichever token service. Throws `identity.enrolment-refused` without a reason.
   */
  async redeem(token: string, request: string): Promise<Workload> {
    const [row] = await this.#database.queryAcrossTenants<{ spiffe_id: string }>({
      text: `update enrolment set request_sha256 = $3
        where token_sha256 = $1 and coalesce(request_sha256, $3) = $3 and not_after > $2
        returning spiffe_id`,
      values: [hashOf(token), this.#now(), hashOf(request)],
    });
    const workload = row && parseSpiffeId(row.spiffe_id, this.#installation);
    if (workload) return workload;
    throw enrolmentRefused();
  }

  async #store(hash: Buffer, workload: Workload, expiresAtMs: number): Promise<void> {
    const now = this.#now();
    const notAfter = new Date(Math.min(expiresAtMs, now.getTime() + maxLifetimeMs));
    const hasRoom = await this.#database.acrossTenants(async (transaction) => {
      await transaction.query('delete from enrolment where not_after <= $1', [now]);
      const { rows } = await transaction.query<{ count: number }>('select count(*)::int as count from enrolment');
      if ((rows[0]?.count ?? 0) >= maxOutstanding) return false;
      await transaction.query(
        `insert into enrolment (token_sha256, spiffe_id, not_after) values ($1, $2, $3)
           on conflict (token_sha256) do nothing`,
        [hash, spiffeId(this.#installation, workload), notAfter],
      );
      return true;
    });
    if (!hasRoom) throw platformFault('identity.too-many-enrolments', 'Too many processes are enrolling at once.');
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The same response to every invalid token, so that it reveals no reason. */
export const enrolmentRefused = (): BailiwickError =>
  callerFault('identity.enrolment-refused', 'The enrolment token is unknown, used or expired.', 403);
