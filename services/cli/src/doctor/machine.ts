import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { z } from 'zod';
import { layers, probeConfinement, type Layer } from '#tenants/confinement/confinement.ts';
import { howToRaise, neededFiles, openFileLimit } from '../up/open-files.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

const minNodeMajor = 26;
const scarceBytes = 1024 ** 3;
const noneLeftBytes = 200 * 1024 ** 2;
/** The defaults of tenants/supervisor/settings.ts; the probe only tries whether limits can be set. */
const limits = { heapMiB: 96, memoryMiB: 256 };
const firstBotUser = 42_000;

export function checkNode(version: string = process.versions.node): Finding {
  const major = Number(version.split('.')[0]);
  if (major >= minNodeMajor) return ok('Node', `Node ${version}`);
  return fault(
    'Node',
    `Node ${version} cannot run the platform`,
    'start with `npm start` or `npx bailiwick`, which use the Node that package-lock.json names',
  );
}

export async function checkDisk(folder: string): Promise<Finding> {
  let at = folder;
  while (!existsSync(at)) at = path.dirname(at);
  const { bavail, bsize } = await statfs(at);
  const freeBytes = bavail * bsize;
  const says = `${Math.floor(freeBytes / 1024 ** 2)} MiB free where ${folder} is`;
  if (freeBytes < noneLeftBytes)
    return fault('disk', says, 'free some space: without any, the database stops accepting changes');
  if (freeBytes < scarceBytes) return warning('disk', says, 'free some space: logs and the database grow');
  return ok('disk', says);
}

export async function checkOpenFiles(): Promise<Finding> {
  const limit = await openFileLimit();
  if (limit === undefined) return ok('open files', 'no limit is known');
  if (limit < neededFiles) return fault('open files', howToRaise(limit), 'raise it, and start again');
  return ok('open files', `up to ${limit} in each process`);
}

/** What the supervisor reports at its operations listener. */
const inForceSchema = z.object({
  confinement: z.object({ inForce: z.array(z.string()), missing: z.record(z.string(), z.string()) }),
});

/**
 * Which isolation layers confine a bot: those that a running supervisor reports, since it may run as another user;
 * otherwise those that this machine grants to this user, probed as the supervisor does at its start.
 */
export async function checkConfinement(supervisorSays: unknown): Promise<Finding[]> {
  const told = inForceSchema.safeParse(supervisorSays);
  if (told.success) return confinementFindings(told.data.confinement.inForce, told.data.confinement.missing);
  const { layers: granted, missing } = await probeConfinement(limits, firstBotUser);
  return confinementFindings(granted, missing);
}

function confinementFindings(inForce: readonly string[], missing: Readonly<Record<string, string>>): Finding[] {
  const all = Object.keys(layers).length;
  return [
    ok('confinement', `${inForce.length} of ${all} layers around each bot: ${inForce.join(', ')}`),
    ...Object.entries(missing).map(([layer, why]) => {
      const meaning = Object.hasOwn(layers, layer) ? ` (${layers[layer as Layer]})` : '';
      return warning('confinement', `without ${layer}${meaning}: ${why}`, fixOf(layer));
    }),
  ];
}

const fixOf = (layer: string): string =>
  layer === 'own-user'
    ? 'start as root on Linux, so that each bot gets its own user'
    : 'run on Linux with util-linux (unshare, setpriv, prlimit), as root or where users may create namespaces';
