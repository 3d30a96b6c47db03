// @module-tag chromium
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { textOf } from '#test/e2e/sandbox.ts';
import { startReceiver, type Receiver } from '#test/https-receiver.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/* What an owner does with webhooks to a real server of their own. */
let opened: OpenedPortal;
let receiver: Receiver;
let owner: Page;
let tenant: string;
let applicationId: string;
let secret: string;

beforeAll(async () => {
  receiver = await startReceiver();
  opened = await openPortal((data) => writeFile(path.join(data, 'receivers.pem'), receiver.trustPem));
  const { guild, max } = opened.hall;
  const harmony = await opened.platform.onboard('Harmony Records', guild);
  tenant = harmony.id;
  applicationId = harmony.application.id;
  await opened.platform.signInAs(`discord:${max}`, [tenant]);
  owner = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant}/webhooks`);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});
beforeEach(() => {
  receiver.received.length = 0;
});

const card = () => owner.getByRole('region', { name: 'Webhook to localhost' });

test('an owner is told what is wrong with an address, and adds a webhook whose secret is shown once', async () => {
  await owner.getByText('No webhooks yet').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.getByRole('button', { name: 'Add a webhook' }).click();
  const dialog = owner.getByRole('dialog', { name: 'Add a webhook' });
  await dialog.getByLabel('Address').fill('https://10.0.0.1/hook');
  await dialog.getByRole('button', { name: 'Add the webhook' }).click();
  await dialog.getByRole('alert').getByText('The address is in a private network.').waitFor();
  await opened.provoked(422);
  await dialog.getByLabel('Address').fill(`${receiver.url}/hook`);
  await dialog.getByLabel('Description (optional)').fill('Our dashboard');
  await dialog.getByLabel('Queue ended').check();
  await dialog.getByLabel('Policy changed').check();
  expect(await opened.flaws(owner)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add the webhook' }).click();
  const shown = owner.getByRole('dialog', { name: 'Copy the secret now' });
  secret = (await shown.getByLabel('the secret', { exact: true }).textContent()) ?? '';
  expect(secret).toMatch(/^whsec_/);
  await shown.getByRole('button', { name: 'Done' }).click();
  await card().getByText('Our dashboard').waitFor();
  expect(await owner.content()).not.toContain(secret);
});

test('an owner sends a test event, and sees that it was delivered', async () => {
  await card().getByRole('button', { name: 'Send a test' }).click();
  await card().getByText('Delivered').waitFor();
  await card().getByText('answered 204').waitFor();
  const [request] = receiver.received;
  const verified = new Verifier(secret).verify(request?.body ?? '', request?.headers as Record<string, string>);
  expect(verified).toMatchObject({ type: 'webhook.test', tenant });
  expect(await opened.flaws(owner)).toEqual([]);
});

test('a server of the owner is told when a track starts in Discord, and when the queue has ended', async () => {
  const { hall, platform } = opened;
  const max = platform.sandbox.person({ guild: hall.guild, channel: hall.music, user: hall.max, applicationId });
  await max.joinVoice(hall.lounge);
  expect(textOf(await max.type('play', { query: 'eight second bell' }))).toMatch(/^Playing/);
  const told = () =>
    receiver.received.map(({ body }) => {
      const { type, data } = JSON.parse(body) as { type: string; data: { guild: string; entry?: string } };
      return [type, data.guild, typeof data.entry];
    });
  await expect.poll(told, { timeout: 90_000 }).toEqual([
    ['track.started', hall.guild, 'string'],
    ['queue.ended', hall.guild, 'undefined'],
  ]);
  await card().getByText('Queue ended').nth(1).waitFor();
  for (const { body, headers } of receiver.received)
    expect(new Verifier(secret).verify(body, headers as Record<string, string>)).toMatchObject({ tenant });
});

test('an owner has an event sent again, sees why an attempt failed, and that it is attempted again', async () => {
  receiver.answer = { status: 500, body: 'The dashboard is being repaired.' };
  await card().getByRole('button', { name: 'Replay Test' }).click();
  await card().getByText('It said: The dashboard is being repaired.').waitFor();
  await card().getByText('Failing').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.goto(`${opened.address}/t/${tenant}`);
  await owner.getByText('Events do not arrive at a webhook').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.getByRole('link', { name: 'See why' }).click();
  receiver.answer = { status: 204 };
  await card().getByRole('button', { name: 'Deliveries' }).click();
  // The pauses between attempts grow: the next one is made after half a minute.
  await card().getByText('Failing').waitFor({ state: 'detached', timeout: 120_000 });
  await expect.poll(() => card().getByText('Delivered').count()).toBe(3);
});

test('an owner disables a webhook, replaces its secret, and removes it', async () => {
  const choose = async (item: string) => {
    await card().getByRole('button', { name: 'Actions for localhost' }).click();
    await owner.getByRole('menuitem', { name: item }).click();
  };
  await choose('Disable');
  await card().getByText('Somebody disabled it.').waitFor();
  await choose('Enable');
  await card().getByText('Somebody disabled it.').waitFor({ state: 'detached' });
  await choose('Replace the secret');
  await owner.getByRole('dialog').getByRole('button', { name: 'Replace', exact: true }).click();
  const shown = owner.getByRole('dialog', { name: 'Copy the secret now' });
  expect(await shown.getByLabel('the secret', { exact: true }).textContent()).not.toBe(secret);
  await shown.getByRole('button', { name: 'Done' }).click();
  await choose('Remove');
  await owner.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await owner.getByText('No webhooks yet').waitFor();
  expect(opened.complaints).toEqual([]);
});

test('a server of the owner is told when the bot is no longer started, and why', async () => {
  const { platform } = opened;
  const webhook = { url: `${receiver.url}/hook`, description: 'Alarms', events: ['bot.unwell'] };
  await platform.owner.call('POST', `/v1/tenants/${tenant}/webhooks`, z.unknown(), webhook);
  const ended = new Set<number>();
  const told = async () => {
    for (const { pid } of await platform.bots()) {
      if (ended.has(pid)) continue;
      ended.add(pid);
      process.kill(pid, 'SIGKILL');
    }
    return receiver.received.map(({ body }) => JSON.parse(body) as object);
  };
  await expect.poll(told, { timeout: 90_000, interval: 200 }).toEqual([
    expect.objectContaining({
      type: 'bot.unwell',
      tenant,
      data: { reason: expect.stringMatching(/^The bot stopped 5 times within a minute and is no longer restarted\./) },
    }),
  ]);
  expect(ended.size).toBe(5);
});
