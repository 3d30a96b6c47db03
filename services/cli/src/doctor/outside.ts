import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent, request } from 'undici';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { checkLiveSettings, secretFilesOf, type LiveSettings } from '../up/live.ts';
import { checkClosed } from './files.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

/** The settings of `--live` and everything that they name: files, Discord, each Lavalink node. Makes no settings. */
export async function checkLive(file: string): Promise<{ findings: Finding[]; settings?: LiveSettings }> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined)
    return { findings: [fault('settings', `${file} is not there`, '`npm start -- --live` makes a commented one')] };
  const folder = path.dirname(file);
  const secrets = await Promise.all(
    secretFilesOf(text).map((name) => checkClosed('settings', path.resolve(folder, name))),
  );
  try {
    const settings = await checkLiveSettings(text, file);
    const nodes = settings.outside.lavalinkNodes.map(({ id }) => id).join(', ');
    return {
      findings: [
        ok('settings', `${file} is complete`),
        ok('Discord', 'answers'),
        ok('Lavalink', `answers: ${nodes}`),
        ...secrets.flat(),
      ],
      settings,
    };
  } catch (error) {
    if (!(error instanceof BailiwickError)) throw error;
    const faults = error.faults ?? [{ at: '/', message: error.message }];
    return {
      findings: [
        ...faults.map(({ at, message }) => fault(aboutOf(at), `${at}: ${message}`, `mend it in ${file}`)),
        ...secrets.flat(),
      ],
    };
  }
}

const aboutOf = (at: string): string =>
  at.startsWith('/discord') ? 'Discord' : at.startsWith('/lavalink') ? 'Lavalink' : 'settings';

const timeoutMs = 8_000;
/** Call tokens live a minute, and a verifier forgives five seconds. */
const worstMs = 5_000;
const goodMs = 2_000;

/** This machine's clock against that of a server elsewhere, by its Date header (RFC 9110, 6.6.1). */
export async function checkClock(url: string, trustPem?: string, now: () => number = Date.now): Promise<Finding> {
  const dispatcher = new Agent({
    connect: { timeout: timeoutMs, ...(trustPem === undefined ? {} : { ca: trustPem }) },
  });
  try {
    const sentMs = now();
    const answer = await request(url, { dispatcher, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
    const receivedMs = now();
    await answer.body.dump();
    const theirMs = Date.parse(String(answer.headers.date));
    if (Number.isNaN(theirMs)) return warning('clock', `${url} does not tell the time`, 'compare the clock by hand');
    return clockFinding(new URL(url).hostname, (sentMs + receivedMs) / 2 - (theirMs + 500));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    return warning('clock', `could not be compared with ${url}: ${why}`, 'mend the connection first');
  } finally {
    await dispatcher.close();
  }
}

function clockFinding(host: string, aheadMs: number): Finding {
  const seconds = Math.abs(aheadMs / 1_000).toFixed(1);
  const says = `${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} ${host}`;
  const mend = 'set it by a time server (timedatectl set-ntp true): tokens of a minute are refused otherwise';
  if (Math.abs(aheadMs) > worstMs) return fault('clock', says, mend);
  if (Math.abs(aheadMs) > goodMs) return warning('clock', says, mend);
  return ok('clock', says);
}
