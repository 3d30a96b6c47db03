import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const here = import.meta.dirname;
const root = path.resolve(here, '../..');
const stampName = '.made-of';
/** Beside the portal's own folder, these decide what comes out of a build. */
const alsoDecide = [
  'package-lock.json',
  'infra/kernel/names.ts',
  'security/identity/actions.ts',
  'policies/roles.ts',
  'policies/commands.ts',
  'tenants/tenant/bot-state.ts',
];
const notSources = new Set(['dist', 'README.md']);
/** Below this a compressed copy saves nothing. */
const minBytesToCompress = 1024;

/**
 * The folder with the portal's files, built by Vite when something that it is made of has changed since, each file with
 * a brotli and a gzip copy beside it. `building` is called only when there is something to do, and what it returns when
 * that is done. Two that build at once do not disturb each other: what is finished takes the folder's place whole.
 */
export async function portalFolder({ building }: { building: () => () => void }): Promise<string> {
  const folder = path.join(here, 'dist');
  const wanted = await fingerprint();
  if ((await stampOf(folder)) === wanted) return folder;
  const done = building();
  const draft = path.join(here, `dist/../.dist-${process.pid}`);
  await using drafts = new AsyncDisposableStack();
  drafts.defer(() => rm(draft, { recursive: true, force: true }));
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: here,
    logLevel: 'error',
    mode: 'production',
    // Whoever starts it, a test runner too, gets what people get: without this, React's development build for
    // NODE_ENV=test.
    define: { 'process.env.NODE_ENV': JSON.stringify('production') },
    build: {
      outDir: draft,
      emptyOutDir: true,
      target: 'es2023',
      // What goes inline would need an exception in the content security policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
    oxc: { jsx: { runtime: 'automatic', development: false } },
  });
  await compress(draft);
  await writeFile(path.join(draft, stampName), wanted);
  const old = `${draft}-old`;
  drafts.defer(() => rm(old, { recursive: true, force: true }));
  await mkdir(folder, { recursive: true });
  await rename(folder, old);
  await rename(draft, folder);
  done();
  return folder;
}

async function stampOf(folder: string): Promise<string | undefined> {
  return readFile(path.join(folder, stampName), 'utf8').catch(() => undefined);
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(here, { recursive: true, withFileTypes: true });
  const own = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(here, path.join(entry.parentPath, entry.name)))
    .filter((name) => !notSources.has(name.split(path.sep)[0] ?? '') && !name.startsWith('.'))
    .map((name) => path.join('services/portal', name));
  for (const name of [...own, ...alsoDecide].sort()) {
    hash
      .update(name)
      .update('\0')
      .update(await readFile(path.join(root, name)))
      .update('\0');
  }
  return hash.digest('hex');
}

async function compress(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const brotliOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  for (const entry of entries) {
    if (!entry.isFile() || !/\.(?:js|css|svg)$/.test(entry.name)) continue;
    const file = path.join(entry.parentPath, entry.name);
    const plain = await readFile(file);
    if (plain.length < minBytesToCompress) continue;
    await writeFile(`${file}.gz`, await promisify(gzip)(plain, { level: 9 }));
    await writeFile(`${file}.br`, await promisify(brotliCompress)(plain, brotliOptions));
  }
}
