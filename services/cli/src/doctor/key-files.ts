import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { tenantId } from '#infra/kernel/ids.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import type { DataPaths } from '../up/data-folder.ts';
import type { SealingKey } from './database.ts';
import { checkClosed } from './files.ts';
import { fault, ok, type Finding } from './finding.ts';

const about = 'keys';
const suffix = '.key';
/** At most this many damaged files are named. */
const maxNamed = 20;

/** Every process's key files: a truncated, emptied or edited one opens nothing that was sealed with it. */
export async function checkKeyFiles({ keyring }: DataPaths, rootKey: KeyObject): Promise<Finding[]> {
  const entries = await readdir(keyring, { withFileTypes: true }).catch(() => []);
  const keepers = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const looked = await Promise.all(keepers.map((keeper) => keysOf(path.join(keyring, keeper), keeper, rootKey)));
  const damaged = looked.flatMap((each) => each.damaged);
  const count = looked.reduce((sum, each) => sum + each.count, 0);
  if (damaged.length === 0) return count === 0 ? [] : [ok(about, `all ${count} key files can be opened`)];
  return [...capped(damaged, 'damaged')];
}

const fix =
  "restore the file from a backup; without one, what it sealed is lost: store the tenant's Discord token again";

async function keysOf(folder: string, keeper: string, rootKey: KeyObject) {
  const keyBase64 = deriveKey(rootKey, `custodian/${keeper}`).toString('base64');
  const custodian = createFileCustodian({ folder, keyBase64 });
  const files = (await readdir(folder)).filter((name) => name.endsWith(suffix));
  const damaged: Finding[] = [];
  for (const file of files) {
    const at = path.join(folder, file);
    const findings = await custodian.versions(file.slice(0, -suffix.length)).then(
      () => checkClosed(about, at),
      (error: unknown) => [fault(about, `${at} cannot be used: ${reasonOf(error)}`, fix)],
    );
    damaged.push(...findings);
  }
  return { count: files.length, damaged };
}

/** Key files that are missing although something in the database is sealed with them. */
export async function checkMissingKeys(
  { keyring }: DataPaths,
  sealedWith: readonly SealingKey[],
): Promise<readonly Finding[]> {
  const missing: Finding[] = [];
  for (const { keeper, of } of sealedWith) {
    const at = path.join(keyring, keeper, `${tenantKeyName(of === 'platform' ? of : tenantId(of))}${suffix}`);
    if (!existsSync(at)) missing.push(fault(about, `${at} is missing, and the database holds what it sealed`, fix));
  }
  return capped(missing, 'missing');
}

/** The first of many findings about keys, and how many more keys `are` so. */
export function capped(found: readonly Finding[], are: string): readonly Finding[] {
  const more = found.length - maxNamed;
  if (more <= 0) return found;
  return [...found.slice(0, maxNamed), fault(about, `${more} more keys are ${are}`, fix)];
}

const reasonOf = (error: unknown): string =>
  error instanceof BailiwickError ? (error.operatorMessage ?? error.message) : 'it cannot be read';
