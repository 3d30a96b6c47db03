import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

export interface BotBundle {
  /** The one file of a bot, named after its content. */
  readonly file: string;
  readonly sizeBytes: number;
  /** Every file that it was made from; unchanged, they make the same bundle. */
  readonly inputs: readonly string[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const entry = fileURLToPath(new URL('./src/main.ts', import.meta.url));

/**
 * Dependencies of discord.js that a bot never uses, since its REST calls and its gateway go through the door: an HTTP
 * client, a websocket with its optional native parts, shards in workers, files to upload. An empty class replaces each,
 * so that an idle bot's memory does not include them.
 */
const unused = [
  'undici',
  'ws',
  'zlib-sync',
  'bufferutil',
  'utf-8-validate',
  'magic-bytes.js',
  '(?:node:)?worker_threads',
  '(?:node:)?zlib',
  '(?:node:)?fs/promises',
];

const leaveOutUnused: Plugin = {
  name: 'leave-out-unused',
  setup(bundling) {
    bundling.onResolve({ filter: new RegExp(`^(?:${unused.join('|')})$`) }, ({ path: name }) => ({
      path: name,
      namespace: 'unused',
    }));
    bundling.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ loader: 'js', contents: emptyModule }));
  },
};

const emptyModule = `
  class Unused {}
  module.exports = new Proxy(Unused, { get: (target, name) => (name === '__esModule' ? undefined : name in target ? target[name] : Unused) });
`;

/**
 * zod as a namespace import, which esbuild can tree-shake: of zod's 450 KiB (including messages in 40 languages), only
 * what the bot's schemas use remains.
 */
const takeZodApart: Plugin = {
  name: 'take-zod-apart',
  setup(bundling) {
    bundling.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
      if (file.includes('node_modules')) return undefined;
      const source = await readFile(file, 'utf8');
      return { loader: 'ts', contents: source.replace("import { z } from 'zod';", "import * as z from 'zod';") };
    });
  },
};

/**
 * CommonJS inside the bundle requires Node's own modules. And Node's fetch (3 MiB) is loaded when one of its globals is
 * accessed, as @discordjs/rest does to recognise files, of which a bot sends none.
 */
const banner = `
import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
for (const name of ['FormData', 'Blob']) Object.defineProperty(globalThis, name, { value: class {}, configurable: true, writable: true });
`;

/**
 * Bundles the bot into one minified file, stored by the hash of its content, so that it is written once as long as
 * nothing changes, and a running bot keeps the file it was started from.
 */
export async function buildBot(
  folder: string = path.join(root, 'node_modules', '.cache', 'bailiwick'),
): Promise<BotBundle> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [leaveOutUnused, takeZodApart],
    banner: { js: banner },
  });
  const [output] = result.outputFiles;
  if (!output) throw new Error('esbuild gave no output');
  const hash = createHash('sha256').update(output.contents).digest('hex').slice(0, 16);
  const file = path.join(folder, `bot-${hash}.mjs`);
  if (!(await holds(file, output.contents))) await writeOnce(file, output.contents);
  const inputs = Object.keys(result.metafile.inputs).filter((name) => !name.startsWith('unused:'));
  return { file, sizeBytes: output.contents.length, inputs: inputs.map((name) => path.join(root, name)) };
}

/** A file of that name may have been damaged. */
const holds = (file: string, contents: Uint8Array): Promise<boolean> =>
  readFile(file).then(
    (held) => held.equals(contents),
    () => false,
  );

/** Complete or absent, even if two build at once. */
async function writeOnce(file: string, contents: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.draft`;
  await writeFile(draft, contents, { mode: 0o644 });
  await rename(draft, file);
}

if (import.meta.main) {
  const { file, sizeBytes } = await buildBot();
  console.log(`${file} (${Math.round(sizeBytes / 1024)} KiB)`);
}
