import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { platformFault } from '#infra/kernel/errors.ts';
import { unlessAborted } from './unless-aborted.ts';

const recordSchema = z.strictObject({
  /** Its name in the cache folder, which may have been copied or moved. */
  name: z.string().regex(/^bot-[0-9a-f]+\.mjs$/),
  sha256: z.string(),
  /** Path, size and modification time of every input of the bundle. */
  inputs: z.array(z.tuple([z.string(), z.number(), z.number()])),
});

/** Not among esbuild's inputs, but they affect its output. */
const alsoDecide = ['package-lock.json', 'services/gateway/build.ts', 'tsconfig.json'];

/**
 * The single file that a bot consists of. Rebuilt if an input has changed since the last start, and otherwise reused,
 * so that a start need not load the bundler.
 */
export async function botBundle(
  root: string,
  cacheFolder: string,
  { events, signal }: { events: { step(what: string): () => void }; signal: AbortSignal },
): Promise<string> {
  const recordFile = path.join(cacheFolder, 'bot-bundle.json');
  const known = await readRecord(recordFile);
  if (known && (await isCurrent(cacheFolder, known))) return path.join(cacheFolder, known.name);
  const done = events.step('bot bundle');
  const { file, inputs } = await build(cacheFolder, signal);
  // No bot runs yet, so nothing uses the bundles of earlier versions.
  for (const name of await readdir(cacheFolder)) {
    if (/^bot-.*\.mjs$/.test(name) && name !== path.basename(file)) await rm(path.join(cacheFolder, name));
  }
  const decisive = [...inputs, ...alsoDecide.map((name) => path.join(root, name))];
  const record: z.infer<typeof recordSchema> = {
    name: path.basename(file),
    sha256: sha256(await readFile(file)),
    inputs: await Promise.all(decisive.map(factsOf)),
  };
  await writeFile(`${recordFile}.draft`, JSON.stringify(record));
  await rename(`${recordFile}.draft`, recordFile);
  done();
  return file;
}

async function build(folder: string, signal: AbortSignal) {
  const [{ buildBot }, esbuild] = await Promise.all([import('../../../gateway/build.ts'), import('esbuild')]);
  try {
    // A build whose service is stopped never settles.
    return await unlessAborted(signal, buildBot(folder));
  } catch (cause) {
    const message = `The bot could not be bundled: ${cause instanceof Error ? cause.message : 'unknown'}`;
    throw platformFault('up.bundle', message, cause);
  } finally {
    // Its service would stay alive for as long as the platform runs.
    await esbuild.stop();
  }
}

async function readRecord(file: string) {
  try {
    return recordSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function isCurrent(folder: string, record: z.infer<typeof recordSchema>): Promise<boolean> {
  const { name, sha256: hash, inputs } = record;
  try {
    const facts = await Promise.all(inputs.map(([input]) => factsOf(input)));
    const same = facts.every(
      ([, size, changed], index) => size === inputs[index]?.[1] && changed === inputs[index]?.[2],
    );
    return same && sha256(await readFile(path.join(folder, name))) === hash;
  } catch {
    return false;
  }
}

async function factsOf(name: string): Promise<[string, number, number]> {
  const { size, mtimeMs } = await stat(name);
  return [name, size, mtimeMs];
}

const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
