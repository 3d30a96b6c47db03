import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import process from 'node:process';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { launchChromium } from '#test/chromium.ts';
import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { createInstallation, type ProcessName, type RunningPlatform } from '#test/e2e/platform.ts';

export const patienceMs = 120_000;

/** A separate platform with a browser at its portal. */
export interface OpenedPortal extends AsyncDisposable {
  readonly platform: RunningPlatform;
  readonly hall: HarmonyHall;
  /** The portal's origin. */
  readonly address: string;
  /** Errors of scripts and of the console on the watched pages so far. */
  readonly complaints: string[];
  /** Another person's browser, at this width in CSS pixels. */
  browserOf(width?: number): Promise<BrowserContext>;
  /** A page whose errors are collected in `complaints`. */
  watch(context: BrowserContext): Promise<Page>;
  /** Signs in at the sandbox's Discord as the member with this name, and arrives at `at`. */
  signIn(context: BrowserContext, name: string, at?: string): Promise<Page>;
  /** Signs in as the platform's operator, with the one-time sign-in issued at startup. */
  signInAsOperator(context: BrowserContext): Promise<Page>;
  /** Serious and critical findings of axe-core: the rule and the first element. */
  findings(page: Page): Promise<readonly string[]>;
  /** Flaws of a page in its current state, on a desktop in light mode and a phone in dark mode: findings, and width. */
  flaws(page: Page): Promise<readonly string[]>;
  /** Gives `page`'s user a new tenant with its own bot, ready in this guild. */
  bringBot(page: Page, name: string, guild: string, application?: string): Promise<BroughtBot>;
  /**
   * Waits until the audit log has a record that matches these filters of its API (`actor=…&outcome=…`): a page lists what
   * is in the log as it is opened, and a record gets there within a second.
   */
  untilLogged(tenant: string, filters: string): Promise<void>;
  /** Ends a process and prevents its restart by freezing its parent, until the returned function is called. */
  keepAway(name: ProcessName): Promise<() => Promise<void>>;
  /**
   * Waits for the complaint about a response with this status, which a test has provoked at an address that ends with
   * `path`, and removes all with this status.
   */
  provoked(status: number, path?: string): Promise<void>;
}

export interface BroughtBot {
  readonly tenant: string;
  /** The path `/t/<tenant>`. */
  readonly home: string;
  readonly application: { readonly id: string; readonly token: string; readonly bot: { readonly id: string } };
}

/** The API's response to the page's own session, bypassing the UI. */
export const asked = (page: Page, method: string, path: string, body?: unknown): Promise<number> =>
  page.evaluate(
    async ([verb, address, json]) => {
      const headers = { 'bailiwick-csrf': '1', ...(json === null ? {} : { 'content-type': 'application/json' }) };
      return (await fetch(address, { method: verb, headers, ...(json === null ? {} : { body: json }) })).status;
    },
    [method, path, body === undefined ? null : JSON.stringify(body)] as const,
  );

/**
 * Chromium tells a page of a change of colour scheme with the next frame it draws. Once in hundreds of changes, on a busy
 * machine, a page heard of none within 30 s; such a page is told again, with a screenshot, which draws a frame.
 */
async function showIn(page: Page, colorScheme: 'dark' | 'light'): Promise<void> {
  const shown = (timeout: number) =>
    page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor({ state: 'attached', timeout });
  await page.emulateMedia({ colorScheme });
  try {
    await shown(10_000);
  } catch {
    const state = await page.evaluate(
      `JSON.stringify([document.visibilityState, matchMedia('(prefers-color-scheme: dark)').matches, { ...localStorage }])`,
    );
    console.warn(`The page did not change to ${colorScheme}: ${String(state)}`);
    await page.emulateMedia({ colorScheme: colorScheme === 'dark' ? 'light' : 'dark' });
    await page.screenshot();
    await page.emulateMedia({ colorScheme });
    await page.screenshot();
    await shown(patienceMs);
  }
}

/** Ends the transitions that a change of colour scheme begins: until then a page has colours of both. */
const endTransitions = `(async () => {
  for (let frame = 0; frame < 2; frame += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
  for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();
})()`;

/** @param prepare called with the data folder before the platform starts */
export async function openPortal(prepare?: (data: string) => Promise<void>): Promise<OpenedPortal> {
  await using starting = new AsyncDisposableStack();
  const installation = starting.use(await createInstallation());
  await prepare?.(installation.data);
  const platform = starting.use(await installation.start());
  const browser = await launchChromium();
  starting.defer(() => browser.close());
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const hall = await harmonyHall(platform.sandbox);
  const address = /Portal\s+(\S+?)\/?\s/.exec(platform.launcher.output())?.[1] ?? '';
  const complaints: string[] = [];
  const stack = starting.move();

  async function watch(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
    });
    return page;
  }

  async function findings(page: Page): Promise<readonly string[]> {
    if (!(await page.evaluate(`'axe' in globalThis`))) await page.evaluate(axe);
    return page.evaluate(async () => {
      interface Violation {
        readonly id: string;
        readonly impact: string;
        readonly nodes: readonly { html: string }[];
      }
      const { axe: checker } = globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: readonly Violation[] }> };
      };
      // What passes need not be listed.
      const { violations } = await checker.run({ resultTypes: ['violations'] });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    });
  }

  return {
    platform,
    hall,
    address,
    complaints,
    watch,
    findings,
    async bringBot(page, name, guild, applicationName = `${name} Bot`) {
      const answer = await page.request.post(`${address}/v1/tenants`, {
        data: { name },
        headers: { 'bailiwick-csrf': '1', origin: address },
      });
      const { id: tenant } = (await answer.json()) as { id: string };
      const application = await platform.sandbox.createApplication(applicationName);
      await platform.sandbox.install(guild, application.id);
      expect(await asked(page, 'PUT', `/v1/tenants/${tenant}/token`, { token: application.token })).toBe(200);
      await platform.untilReady(tenant);
      return { tenant, home: `${address}/t/${tenant}`, application };
    },
    async untilLogged(tenant, filters) {
      const found = z.object({ items: z.array(z.unknown()) });
      const path = `/v1/tenants/${tenant}/audit/records?${filters}`;
      const isThere = async () => expect((await platform.owner.call('GET', path, found)).items).not.toEqual([]);
      await vi.waitFor(isThere, { timeout: patienceMs, interval: 100 });
    },
    async keepAway(name) {
      const { pid } = platform.launcher;
      process.kill(pid, 'SIGSTOP');
      try {
        const { back } = await platform.kill(name);
        return async () => {
          process.kill(pid, 'SIGCONT');
          await back;
        };
      } catch (error) {
        process.kill(pid, 'SIGCONT');
        throw error;
      }
    },
    async provoked(status, path = '') {
      const isOne = (text: string) => text.includes(`status of ${status} `);
      const thereIsOne = () =>
        expect(
          complaints.find((text) => isOne(text) && text.endsWith(path)),
          `a complaint of ${status}`,
        ).toBeDefined();
      await vi.waitFor(thereIsOne, { timeout: 5_000 });
      complaints.splice(0, complaints.length, ...complaints.filter((text) => !isOne(text)));
    },
    async browserOf(width = 1280) {
      const context = await browser.newContext({ viewport: { width, height: 844 }, reducedMotion: 'reduce' });
      context.setDefaultTimeout(patienceMs);
      // Covers are on hosts that this machine cannot reach.
      await context.route(/music\.sandbox\.test/, (route) => route.fulfill({ status: 200, contentType: 'image/png' }));
      return context;
    },
    async signIn(context, name, at = '/') {
      const page = await watch(context);
      await page.goto(address + at);
      await page.getByRole('link', { name: 'Sign in with Discord' }).click();
      // On Discord's page, which is not the portal's.
      await page.locator('select').first().selectOption({ label: name });
      await page.getByRole('button', { name: 'Authorize' }).click();
      await page.waitForURL((url) => url.href.startsWith(address));
      return page;
    },
    async signInAsOperator(context) {
      const page = await watch(context);
      // The test's own client has used it up, so it is reset.
      await platform.query('update operator_sign_in set spent = false');
      await page.goto(`${address}/sign-in#${platform.ownerSignIn}`);
      await page.getByRole('button', { name: 'Sign in as operator' }).click();
      await page.waitForURL(/\/operator/);
      return page;
    },
    async flaws(page) {
      const found: string[] = [];
      const before = page.viewportSize();
      for (const [width, colorScheme] of [
        [390, 'dark'],
        [1280, 'light'],
      ] as const) {
        await page.setViewportSize({ width, height: 844 });
        await showIn(page, colorScheme);
        await page.evaluate(endTransitions);
        // What else changes with it may take seconds on a busy machine.
        let still = await findings(page);
        for (let tries = 0; still.length > 0 && tries < 20; tries += 1) {
          await page.waitForTimeout(300);
          still = await findings(page);
        }
        found.push(...still.map((finding) => `${width}, ${colorScheme}: ${finding}`));
        const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
        if (isTooWide) found.push(`${width}: too wide`);
      }
      if (before) await page.setViewportSize(before);
      return found;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
