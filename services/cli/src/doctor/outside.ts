import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent, request } from 'undici';
import { BailiwickError, type Fault } from '#infra/kernel/errors.ts';
import { lookAtLiveSettings, secretFilesOf, type LiveSettings } from '../up/live.ts';
import { checkClosed } from './files.ts';
import { checkSources } from './lavalink.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

/** The settings of `--live`, and findings about them. */
export interface LiveAnswer {
  readonly findings: readonly Finding[];
  /** Absent if they cannot be read. */
  readonly settings?: LiveSettings;
  /** Discord answers, so its clock can be compared with ours. */
  readonly discordAnswers: boolean;
  /** Vault holds the keys, answers, and is not sealed. */
  readonly vaultAnswers: boolean;
}

/** The settings of `--live` and everything they refer to: files, Discord, each Lavalink node. Creates no settings. */
export async function checkLive(file: string): Promise<LiveAnswer> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    const findings = [fault('settings', `${file} does not exist`, '`npm start -- --live` creates a commented one')];
    return { findings, discordAnswers: false, vaultAnswers: false };
  }
  try {
    const { settings, faults } = await lookAtLiveSettings(text, file);
    const secrets = secretFilesOf(text).map((name) => checkClosed('settings', path.resolve(path.dirname(file), name)));
    const broken = (location: string) => faults.some(({ at }) => at.startsWith(location));
    const { lavalinkNodes } = settings.outside;
    const nodes = lavalinkNodes.flatMap(({ id }, index) => (broken(`/lavalink/nodes/${index}/`) ? [] : [id]));
    const discordAnswers = !broken('/discord/apiUrl') && !broken('/discord/trustFile');
    const findings = [
      ok('settings', faults.length === 0 ? `${file} is complete` : `${file} can be read`),
      ...(discordAnswers ? [ok('Discord', 'answers')] : []),
      ...(settings.redis && !broken('/sharedState/') ? [ok('Redis', 'answers')] : []),
      ...(settings.kafka && !broken('/events/') ? [ok('Kafka', 'answers')] : []),
      ...(nodes.length > 0 ? [ok('Lavalink', `answers: ${nodes.join(', ')}`)] : []),
      ...(await checkSources(lavalinkNodes.filter(({ id }) => nodes.includes(id)))),
      ...faults.map((each) => faultFinding(each, file)),
      ...(await Promise.all(secrets)).flat(),
    ];
    return { findings, settings, discordAnswers, vaultAnswers: settings.vault !== undefined && !broken('/keys/') };
  } catch (error) {
    if (!(error instanceof BailiwickError)) throw error;
    const faults = error.faults ?? [{ at: '/', message: error.message }];
    return { findings: faults.map((each) => faultFinding(each, file)), discordAnswers: false, vaultAnswers: false };
  }
}

function faultFinding({ at, message }: Fault, file: string): Finding {
  const about = subjectOf(at);
  return fault(about, `${at}: ${message}`, fixOf(message, file));
}

const subjects = [
  ['/discord', 'Discord'],
  ['/lavalink', 'Lavalink'],
  ['/keys', 'keys'],
  ['/sharedState', 'Redis'],
  ['/events', 'Kafka'],
] as const;
const subjectOf = (at: string): string => subjects.find(([start]) => at.startsWith(start))?.[1] ?? 'settings';

function fixOf(message: string, file: string): string {
  if (message.startsWith('cannot be reached'))
    return `check that it is running and can be reached from here, or correct its address in ${file}`;
  return message.startsWith('is sealed') ? 'unseal it: vault operator unseal' : `fix it in ${file}`;
}

const timeoutMs = 8_000;
/** Call tokens are valid for a minute, and a verifier tolerates five seconds of skew. */
const worstMs = 5_000;
const goodMs = 2_000;

/** Compares this machine's clock with that of a remote server, by its Date header (RFC 9110, 6.6.1). */
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
    return warning('clock', `could not be compared with ${url}: ${why}`, 'fix the connection first');
  } finally {
    await dispatcher.close();
  }
}

function clockFinding(host: string, aheadMs: number): Finding {
  const seconds = Math.abs(aheadMs / 1_000).toFixed(1);
  const says = `${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} ${host}`;
  const fix = 'synchronise it (timedatectl set-ntp true): otherwise short-lived tokens are refused';
  if (Math.abs(aheadMs) > worstMs) return fault('clock', says, fix);
  if (Math.abs(aheadMs) > goodMs) return warning('clock', says, fix);
  return ok('clock', says);
}
