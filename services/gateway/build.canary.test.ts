import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect, test } from 'vitest';

const require = createRequire(import.meta.url);
const discordJs = path.dirname(path.dirname(require.resolve('discord.js')));
const within = createRequire(path.join(discordJs, 'src/index.js'));
const leftOut =
  /(?:require|import)\(["'](?:node:)?(undici|ws|zlib-sync|magic-bytes\.js|worker_threads|zlib|fs\/promises)["']\)/g;

/** Which file of a package takes what the bundle leaves out. */
function takenIn(folder: string, file: string): string[] {
  const source = readFileSync(path.join(folder, file), 'utf8');
  return [...new Set([...source.matchAll(leftOut)].map(([, name]) => `${path.basename(file)}: ${name}`))];
}

test('discord.js takes what the bot leaves out only where a bot does not come', () => {
  const sources = readdirSync(path.join(discordJs, 'src'), { recursive: true, encoding: 'utf8' });
  const found = [
    ...sources.filter((file) => file.endsWith('.js')).flatMap((file) => takenIn(path.join(discordJs, 'src'), file)),
    ...['@discordjs/rest', '@discordjs/ws'].flatMap((name) => {
      const folder = path.dirname(within.resolve(name));
      return takenIn(folder, 'index.js').map((taken) => `${name}/${taken}`);
    }),
  ];
  expect(
    found.toSorted(),
    'discord.js uses other modules, or in other places: see whether a bot comes there, and whether services/gateway/build.ts may still leave them out',
  ).toEqual([
    '@discordjs/rest/index.js: magic-bytes.js',
    '@discordjs/rest/index.js: undici',
    '@discordjs/ws/index.js: worker_threads',
    '@discordjs/ws/index.js: ws',
    '@discordjs/ws/index.js: zlib',
    '@discordjs/ws/index.js: zlib-sync',
    'Client.js: worker_threads',
    'DataResolver.js: fs/promises',
    'DataResolver.js: undici',
    'GuildSoundboardSoundManager.js: magic-bytes.js',
    'Shard.js: worker_threads',
    'ShardClientUtil.js: worker_threads',
    'Util.js: undici',
    'WebSocketManager.js: zlib-sync',
  ]);
});
