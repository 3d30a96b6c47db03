import { setTimeout as delay } from 'node:timers/promises';
import { tryToLead } from '#infra/database/leadership.ts';
import type { Database } from '#infra/database/pool.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { rotatePlatformKey } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';

interface Ports {
  /** Connection string of the database; a secret. */
  readonly url: string;
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly custodian: Custodian;
  readonly envelope: Envelope;
}

/**
 * Replaces the api's key: a name or a note that was deleted before opens in no copy of the database afterwards, and what
 * remains is sealed again. Can be interrupted and repeated. @throws keyring.unavailable
 */
export type RenewNames = (signal: AbortSignal) => Promise<void>;

const otherLeadsMs = 200;
const batch = 100;

export const createRenewNames =
  ({ url, database, custodian, envelope }: Ports): RenewNames =>
  async (signal) => {
    await using _alone = await lead(url, signal);
    const name = tenantKeyName('platform');
    const versions = await custodian.versions(name).catch((error: unknown) => {
      if (hasCode(error, 'keyring.unknown-key')) return [];
      throw error;
    });
    const to = (versions.at(-1)?.version ?? 0) + 1;
    // The erasure or deletion that it is for is on the record.
    const done = () => Promise.resolve();
    const ports = { database, custodian, envelope, columns: sealedColumnsOf('api'), done, batch };
    while (!(await rotatePlatformKey(ports, to)).complete) signal.throwIfAborted();
  };

/** One api at a time: what two of them seal at once, with a version each, one could leave behind without its key. */
async function lead(url: string, signal: AbortSignal): Promise<AsyncDisposable> {
  for (;;) {
    signal.throwIfAborted();
    const leadership = await tryToLead(url, 'replacing the key of the api');
    if (leadership) return leadership;
    await delay(otherLeadsMs, undefined, { signal });
  }
}
