import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '#infra/kernel/ids.ts';
import type { Grant } from '#security/identity/grant.ts';
import { service } from '#security/identity/spiffe.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { audioRig, member, type AudioRig } from '../../testing/audio-rig.ts';
import { guardedAudio, witnessed, type GuardedAudio } from '../../testing/guarded-audio.ts';

let rig: AudioRig;
let audio: GuardedAudio;

beforeEach(async () => {
  rig = await audioRig();
  audio = await guardedAudio(rig);
});
afterEach(async () => {
  await audio[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

const part = { from: 0, limit: 10 };
const byApi = (action: string): Partial<Grant> => ({ caller: service('api'), action, guild: undefined });
const keysPath = () => `/v1/tenants/${rig.guildKey.tenant}/keys`;
const libraryPath = () => `/v1/tenants/${rig.guildKey.tenant}/guilds/${rig.guildKey.guild}/library`;
const versionsOf = async () =>
  (await rig.custodian.versions(tenantKeyName(rig.guildKey.tenant))).map(({ version }) => version);

test('a rotation seals what members keep with the new key, destroys the old one, and is reported', async () => {
  const asker = { ...member(), idempotencyKey: newId('txn') };
  await rig.audio.library.change(rig.guildKey, asker, 'playlist.create', { name: 'Evening' });
  expect(await audio.call({ path: keysPath(), grant: byApi('key.read') })).toMatchObject({
    status: 200,
    body: { keys: [{ purpose: 'library', version: 1, state: 'current', protects: 2 }] },
  });
  const path = `${keysPath()}/rotation`;
  const rotated = await audio.call({ method: 'POST', path, body: { to: 2 }, grant: byApi('key.rotate') });
  expect(rotated).toEqual({ status: 200, body: { version: 2, resealed: 2, complete: true } });
  expect(await versionsOf()).toEqual([2]);
  expect(await rig.audio.library.playlists(rig.guildKey, member())).toEqual([{ name: 'Evening', length: 0 }]);
  expect(
    await rig.audio.library.part(rig.guildKey, member(), 'playlist.show', { ...part, name: 'Evening' }),
  ).toMatchObject({
    length: 0,
  });
});

test('what happened in sessions is reported, too', async () => {
  const asker = { kind: 'tenant-member', user: null, idempotencyKey: undefined } as const;
  await rig.audio.commands.setVolume(rig.guildKey, asker, 20);
  // The session, and the moment after its first event; that the volume changed is about nobody.
  const report = { keys: [{ purpose: 'library', version: 1, protects: 2 }] };
  expect(await audio.call({ path: keysPath(), grant: byApi('key.read') })).toMatchObject({ status: 200, body: report });
});

test('a grant for something else neither rotates nor changes a playlist', async () => {
  const path = `${keysPath()}/rotation`;
  const refused = await audio.call({ method: 'POST', path, body: { to: 2 }, grant: byApi('key.read') });
  expect(refused.status).toBe(403);
  const body = { name: 'Evening' };
  const create = { method: 'POST' as const, path: `${libraryPath()}/playlists/create`, body };
  const asked = { member: witnessed(), action: 'playlist.delete' };
  expect((await audio.call({ ...create, grant: asked })).status).toBe(403);
  expect((await audio.call({ ...create, grant: { ...asked, action: 'playlist.create' } })).status).toBe(200);
  expect(await rig.audio.library.playlists(rig.guildKey, member())).toHaveLength(1);
});

test('people at the portal have no playlists', async () => {
  const owner = { kind: 'tenant-member', subject: 'operator:owner' } as const;
  const path = `${libraryPath()}/playlists`;
  expect((await audio.call({ path, grant: { member: owner, action: 'playlist.list' } })).status).toBe(403);
});
