// @module-tag linux
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { identityKeysSchema, type IdentityKey, type IdentityKeyKind } from '#security/identity/identity-keys.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { planPorts, type PortPlan } from '#services/cli/src/up/ports.ts';
import { createAudience, type Audience } from '#test/e2e/audience.ts';
import { auditLogOf, verifyText, type AuditLog } from '#test/e2e/audit-log.ts';
import { listen } from '#test/e2e/listening.ts';
import { createInstallation, type Installation, type RunningPlatform } from '#test/e2e/platform.ts';
import { freeBlock } from '#test/free-port.ts';
import { stealAuthority, type Impostor } from '../stolen-authority.ts';
import { typeOn } from '../typing.ts';

/*
 * Everything that signs is replaced, by the commands that an operator has, while members of several guilds type commands
 * all the time: the certificate authority, the keys of call tokens, the keys that parts share, and the tenants' own keys
 * with those that sign their audit logs. Certificates of half a minute make an overlap of hours one of minutes.
 */
const certificateSec = 30;
const stack = new AsyncDisposableStack();
let installation: Installation;
let platform: RunningPlatform;
let plan: PortPlan;
let audiences: Audience[];
let before: readonly IdentityKey[];
let logs: AuditLog[];
let impostor: Impostor;

beforeAll(async () => {
  installation = stack.use(await createInstallation());
  const base = await freeBlock();
  plan = planPorts(base);
  platform = stack.use(await installation.start(base, ['--certificate-seconds', String(certificateSec)]));
  audiences = [];
  for (let index = 0; index < 4; index += 1) audiences.push(await createAudience(platform, index, 6));
  for (const { people } of audiences) {
    await people[0]?.type('play', { query: 'overnight express' });
    await people[0]?.type('loop', { mode: 'track' });
  }
  const { link } = z
    .object({ link: z.string() })
    .parse(JSON.parse(await bailiwick(['sign-in', '--data', installation.data, '--json'])));
  await bailiwick(['login', '--url', platform.owner.url], link);
  impostor = await stealAuthority(platform, installation.data, `https://127.0.0.1:${plan.ports['token-service']}`);
  before = await identityKeys();
  logs = await Promise.all(audiences.map(({ tenant }) => auditLogOf(platform.owner, tenant.id)));
});
afterAll(() => stack.disposeAsync());

/** The command line as an operator runs it on this machine. */
async function bailiwick(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)(process.execPath, ['services/cli/src/main.ts', ...args], {
    env: { ...process.env, NO_COLOR: '1', BAILIWICK_SESSION: path.join(installation.data, 'operator.json') },
  });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

const identityKeys = async (): Promise<readonly IdentityKey[]> =>
  identityKeysSchema.parse(JSON.parse(await bailiwick(['keys', 'identity', '--json']))).keys;
const idsOf = (keys: readonly IdentityKey[], kind: IdentityKeyKind, ...states: IdentityKey['state'][]) =>
  keys.filter((key) => key.kind === kind && states.includes(key.state)).map(({ id }) => id);

/** Lines of all logs since then that tell of a refusal for want of a proof, which nobody should meet. */
async function refusalsSince(atMs: number): Promise<string[]> {
  const folder = path.join(installation.data, 'logs');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  const lines = await Promise.all(
    files.map(async (name) => (await readFile(path.join(folder, name), 'utf8')).split('\n')),
  );
  expect(lines.flat().length).toBeGreaterThan(50);
  return lines.flat().filter((line) => {
    const at = /"time":"?(\d{13}|[\d:T.Z-]+)/.exec(line)?.[1] ?? '';
    const lineAtMs = /^\d+$/.test(at) ? Number(at) : Date.parse(at);
    return (
      lineAtMs >= atMs && /\b401\b|"refused"|signature|unknown-key|not-fresh|unauthenticated|certificate/.test(line)
    );
  });
}

/** Responses of the token service with this status. */
async function answersOfTokenService(status: number): Promise<number> {
  const answer = await request(`http://127.0.0.1:${plan.ops('token-service')}/metrics`);
  const counts = (await answer.body.text()).matchAll(
    new RegExp(`^bailiwick_identity_answers_total\\{.*status="${status}".*\\} (\\d+)$`, 'gm'),
  );
  return [...counts].reduce((sum, [, value]) => sum + Number(value), 0);
}

async function rotateEverything(): Promise<void> {
  for (const kind of ['authority', 'call-token', 'shared']) await bailiwick(['keys', 'identity', '--rotate', kind]);
  await bailiwick(['keys', 'rotate', '--all']);
  await eventually(
    'all that signed before is replaced and has ended',
    async () => {
      const after = await identityKeys();
      const known = new Set(after.map(({ id }) => id));
      const gone = (kind: IdentityKeyKind) => idsOf(before, kind, 'current').every((id) => !known.has(id));
      const current = new Set(idsOf(after, 'shared', 'current'));
      const isReplaced = idsOf(before, 'shared', 'current').every((id) => !current.has(id));
      return gone('authority') && gone('call-token') && isReplaced;
    },
    150_000,
  );
  await bailiwick(['keys', 'rotate', '--all']);
  // Whoever had the earlier authority among those that it trusts has renewed its certificate since.
  await delay(certificateSec * 1_000);
}

test('not one command fails or is late while every kind of key is rotated, and nobody is refused', async () => {
  // Before the rotation its certificate is as good as anybody's.
  await impostor.call();
  const [first] = audiences;
  if (!first) throw new Error('nobody plays');
  await using music = listen(platform.sandbox, { guild: first.guild, bot: first.tenant.application.bot.id });
  await music.faults();
  const sinceMs = Date.now();
  const typing = typeOn(audiences);
  const rotated = rotateEverything();
  await rotated.catch(() => undefined);
  const { count, tookMs, failures } = await typing.stop();
  console.log(`${count} commands, p99 ${tookMs[Math.floor(tookMs.length * 0.99)]} ms, slowest ${tookMs.at(-1)} ms`);
  expect(failures).toEqual([]);
  await rotated;
  expect(tookMs).toHaveLength(count);
  expect(count).toBeGreaterThan(500);
  // Discord's limit for the first answer.
  expect(tookMs.at(-1)).toBeLessThan(3_000);
  expect(await refusalsSince(sinceMs)).toEqual([]);
  expect(await answersOfTokenService(401)).toBe(0);
  expect(await music.faults()).toEqual([]);
});

test('what the earlier authority certifies is refused from then on', async () => {
  await expect(impostor.call()).rejects.toMatchObject({ code: 'identity.unauthenticated', status: 401 });
});

test('health names the keys in use, and since when', async () => {
  const answer = await request(`http://127.0.0.1:${plan.ops('token-service')}/health`);
  const { causes } = z
    .object({
      causes: z.array(z.object({ name: z.string(), state: z.string().optional(), since: z.string().optional() })),
    })
    .parse(await answer.body.json());
  const keys = await identityKeys();
  for (const [name, kind] of [
    ['authority', 'authority'],
    ['call token key', 'call-token'],
  ] as const) {
    const current = keys.find((key) => key.kind === kind && key.state === 'current');
    expect(causes).toContainEqual({ name, state: current?.id, since: current?.signsFrom });
    expect(idsOf(before, kind, 'current')).not.toContain(current?.id);
  }
});

test('exports from before verify, and the logs continue them under their new keys', async () => {
  for (const [index, { tenant }] of audiences.entries()) {
    const earlier = logs[index];
    if (!earlier) throw new Error('there is no earlier log');
    expect(await verifyText(earlier.exported, earlier.key)).toMatchObject({ ok: true, problems: [] });
    const { exported, key, records } = await auditLogOf(platform.owner, tenant.id);
    expect(key).not.toBe(earlier.key);
    const report = await verifyText(exported, earlier.key, checkpointOf(earlier.exported));
    expect(report).toMatchObject({ ok: true, problems: [], successionsFollowed: 2 });
    expect(records.filter(({ outcome }) => outcome === 'denied')).toEqual([]);
  }
});

const checkpointOf = (exported: string): string =>
  z.object({ checkpoint: z.string() }).parse(JSON.parse(exported.slice(0, exported.indexOf('\n')))).checkpoint;
