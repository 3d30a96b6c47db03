import { cp, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

/*
 * A first start strips and compiles every module and bundles the bot, which takes longer than all the rest. The first
 * platform of a test run does it; those after it begin with a copy of what it kept, as a second start does. Outside of
 * a test run, in a bench, each start is a first one.
 */
const keptIn = (): string | undefined => process.env['BAILIWICK_TEST_START_CACHE'];

/** Puts what an earlier platform of this run compiled into a data folder that is not there yet. */
export async function warm(data: string): Promise<void> {
  const kept = keptIn();
  if (kept !== undefined && (await exists(kept))) await cp(kept, path.join(data, 'cache'), { recursive: true });
}

/** Keeps what a platform that is ready has compiled for those after it. */
export async function keepWarm(data: string): Promise<void> {
  const kept = keptIn();
  if (kept === undefined || (await exists(kept))) return;
  const copy = `${kept}-${path.basename(data)}`;
  await cp(path.join(data, 'cache'), copy, { recursive: true });
  // Renamed when it is whole; when another was quicker, this one lies there unused.
  await rename(copy, kept).catch(() => undefined);
}

const exists = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    () => false,
  );
