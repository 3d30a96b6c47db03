// @module-tag go
// @module-tag linux
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { eventually } from '#services/cli/src/demo/story.ts';
import { listen } from '#test/e2e/listening.ts';
import type { HarmonyHall } from '#test/e2e/harmony-hall.ts';
import type { HostedTenant, RunningPlatform } from '#test/e2e/platform.ts';
import { textOf } from '#test/e2e/sandbox.ts';
import { openHall } from '../../faults/hall.ts';
import { completedSteps, lock } from '../../faults/holds.ts';
import { VaultServer } from './vault-server.ts';

const policy = `
path "transit/keys/*" { capabilities = ["read"] }
path "transit/encrypt/*" { capabilities = ["update"] }
path "transit/decrypt/*" { capabilities = ["update"] }
`;
const nothing = 'path "nothing" { capabilities = ["read"] }';
const stateSchema = z.object({ state: z.string(), version: z.number(), sentence: z.string() });
const botSchema = z.object({ state: z.object({ kind: z.string(), sentence: z.string() }) });

/**
 * A customer's key is away while the edge starts, and changes of it are given up. Another tenant's bot, which has no key
 * of its own, comes up and plays throughout.
 */
describe("a customer's key in Vault", () => {
  const stack = new AsyncDisposableStack();
  let vault: VaultServer;
  let platform: RunningPlatform;
  let hall: HarmonyHall;
  let neighbour: HostedTenant;
  let customer: HostedTenant;
  let role: { roleId: string; secretId: string };

  beforeAll(async () => {
    vi.setConfig({ testTimeout: 120_000 });
    vault = stack.use(await VaultServer.start('Vault'));
    for (const key of ['first', 'second']) await vault.ask('POST', `transit/keys/${key}`, { type: 'aes256-gcm96' });
    role = await vault.role('customer', policy);
    ({ platform, hall, tenant: neighbour } = await openHall(stack, 'Neighbour'));
    customer = await platform.onboard('Customer', hall.guild);
    const max = personOf(hall.max, neighbour);
    await max.joinVoice(hall.lounge);
    expect(textOf(await max.type('play', { query: 'overnight express' }))).toMatch(/^Playing/);
    await max.type('loop', { mode: 'track' });
    await robin().type('playlist create', { name: 'Evening' });
    await platform.owner.call('PUT', at(), z.unknown(), offer('first'));
    await eventually('the key is in use', async () => (await state()).state === 'in-use');
  });
  afterAll(() => stack.disposeAsync());

  const personOf = (user: string, { application }: HostedTenant) =>
    platform.sandbox.person({ guild: hall.guild, channel: hall.music, user, applicationId: application.id });
  const robin = () => personOf(hall.robin, customer);
  const at = () => `/v1/tenants/${customer.id}/keys/external`;
  const offer = (key: string) => ({ url: vault.url, key, trustPem: vault.trustPem, ...role });
  const state = () => platform.owner.call('GET', at(), stateSchema);
  const bot = async () => (await platform.owner.call('GET', `/v1/tenants/${customer.id}`, botSchema)).state;

  async function theEdgeStartsAnew(): Promise<void> {
    const { back } = await platform.kill('discord-edge');
    await back;
    await platform.untilReady(neighbour.id);
  }

  async function isBackByItself(): Promise<void> {
    const began = performance.now();
    await platform.untilReady(customer.id);
    // A bot that could not start tries again after half a minute: it is told as soon as the key answers.
    expect(performance.now() - began).toBeLessThan(25_000);
    await eventually('the key is in use', async () => (await state()).state === 'in-use');
    expect(textOf(await robin().type('playlist list'))).toContain('Evening');
  }

  test.each<[how: string, away: () => Promise<unknown> | void, back: () => Promise<unknown> | void, why: RegExp]>([
    [
      'refused',
      () => vault.setPolicy('customer', nothing),
      () => vault.setPolicy('customer', policy),
      /its Vault no longer allows/,
    ],
    ['silent', () => vault.pause(), () => vault.resume(), /does not answer/],
  ])(
    'an edge that starts while the key is %s holds up nobody else, says why, and goes on when it is back',
    async (_how, away, back, why) => {
      await using music = listen(platform.sandbox, { guild: hall.guild, bot: neighbour.application.bot.id });
      await away();
      try {
        await theEdgeStartsAnew();
        await eventually('the bot says why', async () => why.test((await bot()).sentence));
        expect(await bot()).toMatchObject({ kind: 'failed' });
        expect((await platform.stateOf(customer.id)).ready).toBe(false);
        expect((await platform.stateOf(neighbour.id)).ready).toBe(true);
      } finally {
        await back();
      }
      await isBackByItself();
      expect(await music.faults()).toEqual([]);
    },
  );

  /** A change to the second key that is stopped in its first step, as if its attempts had run out; the edge may have done it. */
  async function givenUp(...also: 'discord-edge'[]): Promise<void> {
    const release = await lock('application_credential')(platform);
    const { version } = await state();
    const headers = { 'if-match': `"${version}"` };
    const asked = platform.owner.call('PUT', at(), z.unknown(), offer('second'), headers).catch(() => undefined);
    try {
      await eventually(
        'it has begun',
        async () => (await completedSteps(platform, `external-key-${customer.id}`)) !== undefined,
      );
      await platform.query(
        `update workflows.workflow_status set status = 'CANCELLED' where status = 'PENDING' and workflow_uuid like $1`,
        [`external-key-${customer.id}-%`],
      );
      const kills = [];
      for (const name of ['api', ...also] as const) kills.push(await platform.kill(name));
      await asked;
      await release();
      for (const { back } of kills) await back;
    } finally {
      await release();
    }
    await eventually('it says so', async () => (await state().catch(() => undefined))?.state === 'failed');
  }

  test('a change that was given up is continued when the owner asks', async () => {
    await givenUp();
    await platform.owner.call('POST', `${at()}/retry`, z.unknown());
    await eventually('the second key is in use', async () => (await state()).state === 'in-use');
    await vault.ask('POST', 'transit/keys/first/config', { deletion_allowed: true });
    await vault.ask('DELETE', 'transit/keys/first');
    await theEdgeStartsAnew();
    await isBackByItself();
  });

  test('a change that was given up is taken back when the owner asks', async () => {
    await vault.ask('POST', 'transit/keys/first', { type: 'aes256-gcm96' });
    const { version } = await state();
    await platform.owner.call('PUT', at(), z.unknown(), offer('first'), { 'if-match': `"${version}"` });
    await eventually('the first key is in use', async () => (await state()).state === 'in-use');
    // The edge has not completed it, or it would have forgotten the first key.
    await givenUp('discord-edge');
    await platform.owner.call('POST', `${at()}/abandon`, z.unknown());
    await eventually('the first key is in use', async () => (await state()).state === 'in-use');
    await vault.ask('POST', 'transit/keys/second/config', { deletion_allowed: true });
    await vault.ask('DELETE', 'transit/keys/second');
    await theEdgeStartsAnew();
    await isBackByItself();
  });
});
