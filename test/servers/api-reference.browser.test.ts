// @module-tag chromium
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from '#test/security/world/world.ts';

/** Debian's chromium. */
const executablePath = '/usr/bin/chromium';
const quietly =
  '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

let world: World;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  world = await startWorld();
  origin = `http://127.0.0.1:${world.parts.proxy.publicPort}`;
  browser = await chromium.launch({ executablePath, args: quietly.split(' ') });
});

afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

/** The reference as somebody opens it, and everything that went wrong or elsewhere meanwhile. */
async function openReference(): Promise<{ page: Page; faults: string[]; requested: Set<string> }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(15_000);
  const faults: string[] = [];
  const requested = new Set<string>();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith('data:') && !request.url().startsWith('blob:'))
      requested.add(new URL(request.url()).origin);
  });
  await page.goto(`${origin}/docs`);
  await page.getByRole('heading', { name: 'Bailiwick API' }).first().waitFor();
  await page.getByText('Create a tenant; who creates it owns it').first().waitFor();
  // The sections below are made when somebody gets there.
  await page.getByText('The log, or a selection of it').first().scrollIntoViewIfNeeded();
  return { page, faults, requested };
}

test('shows every operation, from this address alone and without an error in the console', async () => {
  const { page, faults, requested } = await openReference();
  for (const tag of ['Sessions', 'Tenants', 'Players', 'Policies', 'Audit']) {
    expect(await page.getByText(tag, { exact: true }).count(), tag).toBeGreaterThan(0);
  }
  expect(faults).toEqual([]);
  expect([...requested]).toEqual([origin]);
  await page.close();
});

test('neither sells nor calls home: no assistant, no generated servers, no client, no developer tools', async () => {
  const { page } = await openReference();
  for (const offer of [/ask ai/i, /mcp/i, /open api client/i, /configure/i, /share/i, /deploy/i]) {
    expect(await page.getByText(offer).count(), String(offer)).toBe(0);
  }
  await page.close();
});

test('runs no script of anybody else, even of somebody who finds a way to write one into it', async () => {
  const { page } = await openReference();
  const ran: unknown = await page.evaluate(`
    const script = document.createElement('script');
    script.textContent = 'window.foreign = true';
    document.body.append(script);
    'foreign' in window;
  `);
  expect(ran).toBe(false);
  await page.close();
});
