import { afterEach, expect, test } from 'vitest';
import { startLavalink, type LavalinkServer } from '#test/sandbox/lavalink/index.ts';
import { checkSources } from './lavalink.ts';

const password = 'a-node-password-for-the-doctor';
const open: LavalinkServer[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

async function node(missing: { lacks?: string[]; withoutCredentials?: string[] } = {}) {
  const server = await startLavalink({ password });
  open.push(server);
  await server.control.fault(missing);
  return { server, settings: { id: 'main', url: `http://127.0.0.1:${server.port}/`, password } };
}

test('finds nothing missing at a node that has everything', async () => {
  const { settings } = await node();
  expect(await checkSources([settings])).toEqual([
    {
      about: 'Lavalink',
      status: 'ok',
      says: 'main has youtube, soundcloud, bandcamp, twitch, http, spotify, applemusic, deezer',
    },
  ]);
});

test('names sources without their credentials, and which these are', async () => {
  const { settings } = await node({ withoutCredentials: ['spotify', 'deezer'] });
  expect(await checkSources([settings])).toEqual([
    { about: 'Lavalink', status: 'ok', says: 'main has youtube, soundcloud, bandcamp, twitch, http, applemusic' },
    {
      about: 'Lavalink',
      status: 'warning',
      says: 'main: spotify fails to search',
      fix: expect.stringContaining('SPOTIFY_CLIENT_ID'),
    },
    {
      about: 'Lavalink',
      status: 'warning',
      says: 'main: deezer fails to search',
      fix: expect.stringContaining('DEEZER_ARL'),
    },
  ]);
});

test('names sources and plugins that are not there', async () => {
  const { settings } = await node({ lacks: ['applemusic', 'twitch', 'lavalyrics-plugin', 'sponsorblock-plugin'] });
  expect(await checkSources([settings])).toEqual([
    { about: 'Lavalink', status: 'ok', says: 'main has youtube, soundcloud, bandcamp, http, spotify, deezer' },
    {
      about: 'Lavalink',
      status: 'warning',
      says: 'main does not have twitch, applemusic, lyrics, SponsorBlock',
      fix: expect.stringContaining('infra/deploy/lavalink/README.md'),
    },
  ]);
});

test('says nothing of a node that does not answer as one: that is found elsewhere', async () => {
  const { settings, server } = await node();
  expect(await checkSources([{ ...settings, password: 'another' }])).toEqual([]);
  await server.control.fault({ dead: true });
  expect(await checkSources([settings])).toEqual([]);
});

test('shows neither the password nor what the node says', async () => {
  const { settings, server } = await node();
  const body = JSON.stringify({ loadType: 'error', data: { message: `the secret ${password}`, severity: 'common' } });
  const restAnswer = { status: 200, contentType: 'application/json', body, path: 'loadtracks' };
  await server.control.fault({ restAnswer });
  const findings = await checkSources([settings]);
  expect(findings.filter(({ status }) => status === 'warning')).toHaveLength(6);
  expect(JSON.stringify(findings)).not.toContain(password);
});
