// @module-tag chromium
// @module-tag go
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '#services/cli/src/demo/story.ts';
import { completedSteps, lock } from '../../faults/holds.ts';
import { VaultServer } from '../vault/vault-server.ts';
import { openPortal, type OpenedPortal } from './opened-portal.ts';

/* What an owner does with a key in a real Vault of their own, and what others see of it. */
let opened: OpenedPortal;
let vault: VaultServer;
let tenant: string;
let owner: Page;

const policy = `
path "transit/keys/mine" { capabilities = ["read"] }
path "transit/encrypt/mine" { capabilities = ["update"] }
path "transit/decrypt/mine" { capabilities = ["update"] }
`;
const section = (page: Page) => page.locator('section', { has: page.getByRole('heading', { name: 'Your own key' }) });

beforeAll(async () => {
  vault = await VaultServer.start();
  await vault.ask('POST', 'transit/keys/mine', { type: 'aes256-gcm96' });
  opened = await openPortal();
  const { guild, max } = opened.hall;
  tenant = (await opened.platform.onboard('Harmony Records', guild)).id;
  await opened.platform.signInAs(`discord:${max}`, [tenant]);
  owner = await opened.signIn(await opened.browserOf(), 'Max', `/t/${tenant}/keys`);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await vault[Symbol.asyncDispose]();
});

async function fill(changes: Readonly<Record<string, string>> = {}): Promise<void> {
  const { roleId, secretId } = await vault.role('mine', policy);
  const given = { Address: vault.url, 'Transit key': 'mine', 'Role ID': roleId, 'Secret ID': secretId, ...changes };
  const dialog = owner.getByRole('dialog', { name: 'Use your own key' });
  for (const [label, text] of Object.entries(given)) await dialog.getByLabel(label, { exact: true }).fill(text);
  await dialog.getByLabel('Certificate authority, if you run your own').fill(vault.trustPem);
}

test('an owner is told what is wrong with a key, and nothing changes', async () => {
  await section(owner).getByText('No key of your own').waitFor();
  await section(owner).getByRole('button', { name: 'Use your own key' }).click();
  const dialog = owner.getByRole('dialog', { name: 'Use your own key' });
  await dialog.getByText('If it is ever lost').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await fill({ Address: 'https://10.0.0.1' });
  await dialog.getByRole('button', { name: 'Use this key' }).click();
  await dialog.getByRole('alert').getByText('The address is in a private network.').waitFor();
  await opened.provoked(422);
  await fill({ 'Secret ID': 'wrong' });
  await dialog.getByRole('button', { name: 'Use this key' }).click();
  await dialog.getByRole('alert').getByText('refuses the sign-in').waitFor();
  await opened.provoked(424);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await section(owner).getByText('No key of your own').waitFor();
});

test('an owner sets a key of their own, while the bot stays connected', async () => {
  await section(owner).getByRole('button', { name: 'Use your own key' }).click();
  await fill();
  await owner.getByRole('button', { name: 'Use this key' }).click();
  await section(owner).getByText('In use').waitFor();
  await section(owner).getByText(`mine at localhost:${vault.port}`).waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await opened.platform.untilReady(tenant);
});

test('an owner sees that the key was taken away, and that it is back', async () => {
  await vault.setPolicy('mine', 'path "nothing" { capabilities = ["read"] }');
  await section(owner).getByText('Unavailable').waitFor({ timeout: 90_000 });
  await section(owner).getByText('no longer allows the platform to use the key').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await owner.goto(`${opened.address}/t/${tenant}`);
  await owner.getByText('no longer allows the platform to use the key').first().waitFor();
  await owner.goto(`${opened.address}/t/${tenant}/keys`);
  await vault.setPolicy('mine', policy);
  await section(owner).getByText('In use').waitFor();
  await opened.platform.untilReady(tenant);
});

test('an owner sees that a change was given up, and has it continued', async () => {
  const release = await lock('application_credential')(opened.platform);
  const dialog = owner.getByRole('dialog', { name: 'Use your own key' });
  try {
    await section(owner).getByRole('button', { name: 'Replace' }).click();
    await fill();
    await dialog.getByRole('button', { name: 'Use this key' }).click();
    const begun = async () => (await completedSteps(opened.platform, `external-key-${tenant}`)) !== undefined;
    await eventually('it has begun', begun);
    // As if its attempts had run out.
    await opened.platform.query(
      "update workflows.workflow_status set status = 'CANCELLED' where status = 'PENDING' and workflow_uuid like $1",
      [`external-key-${tenant}-%`],
    );
  } finally {
    await release();
  }
  await section(owner).getByText('Change failed').waitFor();
  await opened.provoked(502);
  await section(owner).getByText('Nothing is lost, and the bot keeps running.').waitFor();
  expect(await opened.flaws(owner)).toEqual([]);
  await section(owner).getByRole('button', { name: 'Try again' }).click();
  await section(owner).getByText('In use').waitFor();
  await opened.platform.untilReady(tenant);
  expect(opened.complaints).toEqual([]);
});

test('an owner removes it', async () => {
  await section(owner).getByRole('button', { name: 'Remove' }).click();
  const dialog = owner.getByRole('dialog', { name: 'Remove your own key?' });
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await section(owner).getByText('No key of your own').waitFor();
  expect(opened.complaints).toEqual([]);
});
