import type { Leadership } from '#infra/database/leadership.ts';
import type { Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Custodian, KeyVersion } from './custodian.ts';
import { tenantKeyName } from './data-keys.ts';
import type { Envelope } from './envelope.ts';
import { rotatePlatformKey } from './rotation.ts';
import type { SealedColumn } from './sealed-columns.ts';

/** As long as a tenant's keys by default. */
export const platformKeyPeriodMs = 90 * 24 * 60 * 60_000;
const checkEveryMs = 60 * 60_000;

export interface PlatformKeyPorts {
  readonly custodian: Pick<Custodian, 'versions' | 'rotate' | 'retire'>;
  /** Seals each value with a data key of its own (`dataKeyUses: 1`): another replica may just have replaced the key. */
  readonly envelope: Envelope;
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly columns: readonly SealedColumn[];
  /** Undefined while another replica does it. */
  readonly lead: () => Promise<Leadership | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Replaces the key with which a process seals what belongs to no tenant, at the start and every hour, once its newest
 * version is ninety days old: what older versions have sealed is sealed again, and they are destroyed.
 */
export function watchPlatformKeyAge(ports: PlatformKeyPorts): Disposable {
  const { clock, logger } = ports;
  let cancel = (): void => undefined;
  let disposed = false;
  const look = (): void => {
    replaceIfDue(ports)
      .then(
        (version) => version !== undefined && logger.info({ version }, 'the key of the platform was replaced'),
        (error: unknown) => logger.warn({ err: error }, 'the key of the platform could not be replaced'),
      )
      .finally(() => {
        if (!disposed) cancel = clock.after(checkEveryMs, look);
      });
  };
  look();
  return {
    [Symbol.dispose]() {
      disposed = true;
      cancel();
    },
  };
}

/** @returns the version that it has brought into use */
async function replaceIfDue(ports: PlatformKeyPorts): Promise<number | undefined> {
  const { lead, ...rotation } = ports;
  if (!(await isDue(ports))) return undefined;
  await using leadership = await lead();
  if (!leadership) return undefined;
  const versions = await versionsOf(ports.custodian);
  const newest = versions.at(-1)?.version ?? 0;
  // One that was interrupted goes on with the version that it has added.
  const to = isOld(versions.at(-1), ports.clock) ? newest + 1 : newest;
  // The processes' logs tell of it: it is no change that anybody has made.
  const done = () => Promise.resolve();
  while (!(await rotatePlatformKey({ ...rotation, done }, to)).complete) if (leadership.lost.aborted) return undefined;
  return to;
}

/** Whether the newest version is old, or older ones are left. */
async function isDue({ custodian, clock }: PlatformKeyPorts): Promise<boolean> {
  const versions = await versionsOf(custodian);
  return versions.length > 1 || isOld(versions.at(-1), clock);
}

const isOld = (newest: KeyVersion | undefined, clock: Clock): boolean =>
  newest !== undefined && newest.createdAt.getTime() + platformKeyPeriodMs <= clock.now();

async function versionsOf(custodian: PlatformKeyPorts['custodian']): Promise<readonly KeyVersion[]> {
  try {
    return await custodian.versions(tenantKeyName('platform'));
  } catch (error) {
    // Nothing has been sealed yet.
    if (hasCode(error, 'keyring.unknown-key')) return [];
    throw error;
  }
}
