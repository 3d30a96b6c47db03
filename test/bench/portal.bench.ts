import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { portalFolder } from '#services/portal/build.ts';
import { launchChromium } from '#test/chromium.ts';

/*
 * What a first visit to the portal loads before sign-in, gzipped, with styles and fonts, and its first paint. The
 * baseline is a page of React and the component library's shell that does nothing. Both are served from files by the
 * same small server, so that the times reflect the pages and not the platform.
 */
const runs = Number(process.argv[2] ?? 5);
const maxKiB = 250;
const kib = (bytes: number) => (bytes / 1024).toFixed(1);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** Fonts are already compressed. */
const compresses = (file: string) => !file.endsWith('.woff2');

interface Served extends AsyncDisposable {
  readonly url: string;
  /** Gzipped size of every requested file, by name. */
  readonly sent: Map<string, number>;
}

async function serve(folder: string): Promise<Served> {
  const sent = new Map<string, number>();
  const answer = async (address: string): Promise<{ body: Buffer; name: string } | undefined> => {
    const asked = path.join(folder, path.normalize(address));
    const isFile = await stat(asked).then(
      (found) => found.isFile(),
      () => false,
    );
    const file = isFile ? asked : path.join(folder, 'index.html');
    if (!isFile && path.extname(address) !== '') return undefined;
    const plain = await readFile(file);
    return { body: compresses(file) ? gzipSync(plain, { level: 9 }) : plain, name: path.relative(folder, file) };
  };
  const server = createServer((request, response) => {
    void answer((request.url ?? '/').split('?', 1)[0] ?? '/').then((found) => {
      if (!found) return response.writeHead(404).end();
      sent.set(found.name, found.body.length);
      const encoding = compresses(found.name) ? { 'content-encoding': 'gzip' } : {};
      return response
        .writeHead(200, { 'content-type': types[path.extname(found.name)] ?? 'application/octet-stream', ...encoding })
        .end(found.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function measure(browser: Browser, folder: string, at: string, seen: string) {
  await using served = await serve(folder);
  const paints: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(served.url + at);
    await page.getByText(seen).first().waitFor();
    await page.waitForLoadState('networkidle');
    paints.push(await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
    await context.close();
  }
  return {
    bytes: [...served.sent.values()].reduce((sum, size) => sum + size, 0),
    paintMs: median(paints),
    files: served.sent,
  };
}

const draft = await mkdtemp(path.join(tmpdir(), 'bailiwick-portal-'));
const browser = await launchChromium();
try {
  const root = path.join(import.meta.dirname, 'portal');
  await build({ configFile: false, root, logLevel: 'error', build: { outDir: draft, emptyOutDir: true } });
  const bare = await measure(browser, draft, '/', 'Sign in');
  const folder = await portalFolder({ building: () => () => undefined });
  const ours = await measure(browser, folder, '/sign-in', 'Sign in with Discord');
  for (const [name, size] of [...ours.files].toSorted((a, b) => b[1] - a[1]))
    console.log(`  ${kib(size).padStart(7)} KiB  ${name}`);
  console.log(`first load     ${kib(ours.bytes)} KiB gzipped (at most ${maxKiB}), baseline ${kib(bare.bytes)} KiB`);
  console.log(`first paint    ${ours.paintMs.toFixed(0)} ms, baseline ${bare.paintMs.toFixed(0)} ms`);
  if (ours.bytes > maxKiB * 1024) process.exitCode = 1;
} finally {
  await browser.close();
  await rm(draft, { recursive: true, force: true });
}
