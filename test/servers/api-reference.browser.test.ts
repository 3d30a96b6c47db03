// @module-tag chromium
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '#test/chromium.ts';
import { startWorld, type World } from '#test/security/world/world.ts';

let world: World;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  world = await startWorld();
  origin = `http://127.0.0.1:${world.parts.proxy.publicPort}`;
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await world?.[Symbol.asyncDispose]();
});

/** Opens the reference, and records its errors and every origin that it requests. */
async function openReference(width = 1280, colorScheme: 'light' | 'dark' = 'light') {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  page.setDefaultTimeout(120_000);
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
    if (!request.url().startsWith('data:')) requested.add(new URL(request.url()).origin);
  });
  await page.goto(`${origin}/docs`);
  await page.getByRole('heading', { name: 'Bailiwick API' }).waitFor();
  return { page, faults, requested };
}

test('shows every operation by a short name, from this origin alone and without console errors', async () => {
  const { page, faults, requested } = await openReference();
  const { paths } = (await (await fetch(`${origin}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { operationId: string; summary: string }>>;
  };
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.length).toBeGreaterThan(50);
  const shown = await page.getByRole('article').getByRole('heading', { level: 3 }).allInnerTexts();
  expect(shown.toSorted()).toEqual(operations.map(({ summary }) => summary).toSorted());
  expect(shown.filter((name) => name.length > 30)).toEqual([]);
  await page.getByRole('navigation').getByRole('link', { name: 'Replace a policy' }).click();
  await expect.poll(() => page.url()).toMatch(/#replacePolicy$/);
  expect(faults).toEqual([]);
  expect([...requested]).toEqual([origin]);
  await page.close();
});

test('begins with what all operations have in common, and groups the operations', async () => {
  const { page } = await openReference();
  const headings = await page.getByRole('heading', { level: 2 }).allInnerTexts();
  const introduction = ['Authentication', 'Errors', 'Pagination', 'Rate limits', 'Idempotency'];
  expect(headings.slice(0, introduction.length)).toEqual(introduction);
  for (const group of ['Sessions', 'Tenants', 'Players', 'Policies', 'Audit']) expect(headings).toContain(group);
  const guilds = page.getByRole('region', { name: 'Guilds', exact: true });
  await guilds.getByText('GET', { exact: true }).first().waitFor();
  await page.close();
});

test.each([
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark'],
] as const)('has no serious or critical accessibility finding and fits, %i wide, %s', async (width, scheme) => {
  const { page } = await openReference(width, scheme);
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate<{
    violations: { id: string; impact: string; nodes: { html: string }[] }[];
  }>('axe.run()');
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  await page.close();
});

test('runs no script, not even an injected one', async () => {
  const { page } = await openReference();
  expect(await page.locator('script').count()).toBe(0);
  const ran: unknown = await page.evaluate(`
    const script = document.createElement('script');
    script.textContent = 'window.foreign = true';
    document.body.append(script);
    'foreign' in window;
  `);
  expect(ran).toBe(false);
  await page.close();
});
