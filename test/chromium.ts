import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Both draw pages with the same engine. Debian's headless shell does so in two thirds of the time: it has no windows. */
const installed = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

/** Chromium as Debian installs it; undefined where it is missing. */
export const chromiumFile = installed.find((file) => existsSync(file));

const quietly = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Loads its library only when it is called: who only asks whether there is a Chromium does not wait for it. */
export async function launchChromium(more: readonly string[] = []): Promise<Browser> {
  if (chromiumFile === undefined)
    throw new Error('Chromium is missing. Install it (on Debian, apt-get install chromium-headless-shell).');
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath: chromiumFile, args: [...quietly, ...more], headless: true });
}
