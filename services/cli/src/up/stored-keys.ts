import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { workflowSchema } from '#infra/sagas/schema.ts';
import { takeOverEarlierApiKeys } from '#security/keyring/earlier-api-keys.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { keyMoveSaga } from '#security/keyring/key-move.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { forgetEarlierRootKey } from '#security/keyring/wrapped-root-key.ts';
import type { UrlOf } from './database.ts';
import { keysOf, type KeysPlace } from './key-settings.ts';
import { destroyFileRootKey, keyFilesIn, keysAreMoving } from './root-key.ts';
import type { PlatformOptions } from './options.ts';

/**
 * Before anything uses the keys: completes a move that was left, takes over what earlier releases have sealed
 * otherwise, and destroys a root key in a file that nothing derives from any more.
 * @throws up.keys-moving, keyring.unavailable
 */
export async function readyStoredKeys(options: PlatformOptions, urlOf: UrlOf): Promise<void> {
  const { folder, rootKey, earlierRootKey, vault, installation } = options;
  await using database = openDatabase({ url: urlOf('api'), maxConnections: 1 });
  if (await hasUnfinishedMove(database)) await resume(options, urlOf);
  if (vault && (await keyFilesIn(folder)).length > 0) throw keysAreMoving();
  if (vault) await forgetEarlierRootKey(folder.wrappedRootKey);
  const earlier = vault ? earlierRootKey : () => Promise.resolve(rootKey);
  if (!earlier || (vault && !existsSync(folder.rootKey))) return;
  const place = { folder, rootKey, vault };
  await takeOverEarlierKeys({ place, installation, database, earlier });
  if (vault) await destroyFileRootKey(folder);
}

/** Loads the engine of workflows only if there is something to resume. */
async function resume(options: PlatformOptions, urlOf: UrlOf): Promise<void> {
  const { folder, rootKey, earlierRootKey, vault, installation, externalKeys, events } = options;
  if (!externalKeys) throw keysAreMoving();
  const { resumeMove } = await import('../keys-move/resume.ts');
  const fileRootKey = vault ? await (existsSync(folder.rootKey) ? earlierRootKey?.() : undefined) : rootKey;
  const after = { vault, installation, externalKeys };
  await resumeMove({ folder, urlOf, fileRootKey, after }, (what) => events.step(what));
}

/** What the keys of the api were derived from before it had a custodian is sealed by that. */
export async function takeOverEarlierKeys({
  place,
  installation,
  database,
  earlier,
}: {
  readonly place: KeysPlace;
  readonly installation: string;
  /** As the api. */
  readonly database: Database;
  readonly earlier: () => Promise<KeyObject>;
}): Promise<void> {
  const owner = { installation, part: 'api', logger: silentLogger(), clock: systemClock } as const;
  await using custodian = await openCustodian(keysOf(place, 'api'), owner);
  await takeOverEarlierApiKeys(database, createEnvelope({ custodian }), earlier);
}

async function hasUnfinishedMove(database: Database): Promise<boolean> {
  const found = await database.queryAcrossTenants({
    text: `select 1 from ${workflowSchema}.workflow_status where name = $1 and status <> 'SUCCESS' limit 1`,
    values: [keyMoveSaga],
  });
  return found.length > 0;
}
