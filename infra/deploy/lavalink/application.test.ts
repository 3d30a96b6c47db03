import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { abilities } from '#test/sandbox/lavalink/abilities.ts';

const here = import.meta.dirname;
const text = await readFile(path.join(here, 'application.yml'), 'utf8');
const readme = await readFile(path.join(here, 'README.md'), 'utf8');

const { lavalink, plugins } = z
  .object({
    lavalink: z.object({
      plugins: z.array(z.object({ dependency: z.string() })),
      server: z.object({ sources: z.record(z.string(), z.boolean()), filters: z.record(z.string(), z.boolean()) }),
    }),
    plugins: z.object({ lavasrc: z.object({ sources: z.record(z.string(), z.unknown()) }) }),
  })
  .parse(parse(text));

test('has the plugins of the sandbox, in the same versions, which are fixed', () => {
  const named = lavalink.plugins.map(({ dependency }) => dependency.split(':').slice(1));
  expect(named).toEqual(abilities().plugins.map(({ name, version }) => [name, version]));
});

test('has the sources and filters of the sandbox, and never the files of the node', () => {
  const { sources, filters } = lavalink.server;
  const known = ['youtube', ...Object.keys(plugins.lavasrc.sources), ...Object.keys(sources)];
  expect(known).toEqual(expect.arrayContaining([...abilities().sources]));
  expect(sources).toMatchObject({
    local: false,
    youtube: false,
    soundcloud: true,
    bandcamp: true,
    twitch: true,
    http: true,
  });
  expect(Object.keys(filters)).toEqual(expect.arrayContaining([...abilities().filters]));
  expect(Object.values(filters)).not.toContain(false);
});

test('contains no secret, and the README says what each value is for', () => {
  const secrets =
    /^\s*(?:password|clientSecret|clientId|arl|masterDecryptionKey|mediaAPIToken|spDc|refreshToken): (.*)$/gm;
  for (const [, value] of text.matchAll(secrets)) expect(value).toMatch(/^'\$\{\w+:?\}'$/);
  const named = [...text.matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name);
  const obvious = ['COUNTRY', 'NAME', 'YOUTUBE_CIPHER_PASSWORD'];
  expect(named.filter((name) => !obvious.includes(name) && !readme.includes(name))).toEqual([]);
});
