// @module-tag redis
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { checkLive } from '#services/cli/src/doctor/outside.ts';
import { createAuthority } from '#test/authority.ts';
import { freePort } from '#test/free-port.ts';
import { RedisServer, untilBack } from './redis-server.ts';

/** What `bailiwick doctor` finds at a real Redis in which something really is wrong. */
const installation = 'doctor.example';
const stack = new AsyncDisposableStack();
let redis: RedisServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-redis-doctor-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  redis = stack.use(await RedisServer.start(installation));
  await write('authority.pem', redis.settings.trustPem ?? '');
  await write('password', redis.settings.password);
});
afterAll(() => stack.disposeAsync());

const write = (name: string, text: string) => writeFile(path.join(folder, name), text, { mode: 0o600 });
/** The findings about Redis; Discord and Lavalink are not there. */
async function found(changes: object = {}) {
  const nobody = 'https://localhost:9';
  const sharedState = {
    kind: 'redis',
    url: redis.settings.url,
    passwordFile: './password',
    trustFile: './authority.pem',
    ...changes,
  };
  await write(
    'live.yaml',
    stringify({
      publicUrl: `https://${installation}`,
      listen: { host: '127.0.0.1', port: 8080 },
      discord: { apiUrl: nobody },
      lavalink: { nodes: [{ id: 'main', url: nobody, passwordFile: './password' }] },
      sharedState,
    }),
  );
  const { findings } = await checkLive(path.join(folder, 'live.yaml'));
  expect(JSON.stringify(findings)).not.toContain(redis.settings.password);
  return findings.filter(({ about }) => about === 'Redis');
}
const fault = (says: RegExp, fix = /fix it in|check that it is running/) => [
  { about: 'Redis', status: 'fault', says: expect.stringMatching(says), fix: expect.stringMatching(fix) },
];

test('finds nothing to fix where everything is as described', async () => {
  expect(await found()).toEqual([{ about: 'Redis', status: 'ok', says: 'answers' }]);
});

test('finds a wrong password, without telling it', async () => {
  await write('wrong', 'another password');
  const findings = await found({ passwordFile: './wrong' });
  expect(findings).toEqual(fault(/^\/sharedState\/passwordFile: .*does not accept this user and password/));
  expect(JSON.stringify(findings)).not.toContain('another password');
});

test('finds a password file that is not there', async () => {
  expect(await found({ passwordFile: './none' })).toEqual(fault(/^\/sharedState\/passwordFile: .*cannot be read/));
});

test('finds an authority that did not sign the certificate', async () => {
  await write('other.pem', (await createAuthority()).certPem);
  expect(await found({ trustFile: './other.pem' })).toEqual(
    fault(/^\/sharedState\/trustFile: .*not signed by a trusted authority/),
  );
});

test('finds a user without the rights', async () => {
  await redis.admin.call('ACL', 'SETUSER', 'gateway-proxy', '-get');
  try {
    expect(await found()).toEqual(fault(/lacks a right there \(infra\/deploy\/redis\/users\.acl\)/));
  } finally {
    await redis.admin.call('ACL', 'SETUSER', 'gateway-proxy', '+get');
  }
});

test('finds a Redis without TLS, and an address that asks for none', async () => {
  const port = await freePort();
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
    cwd: folder,
  });
  const plain = new Redis({ host: '127.0.0.1', port });
  plain.on('error', () => undefined);
  try {
    await untilBack(() => plain.ping());
    expect(await found({ url: `rediss://localhost:${port}` })).toEqual(
      fault(/^\/sharedState\/url: .*does not speak TLS/),
    );
  } finally {
    plain.disconnect();
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect(await found({ url: 'redis://localhost:6379' })).toEqual(fault(/must be a rediss address/));
});

test('finds a Redis that hangs, and one that is not there', async () => {
  redis.pause();
  try {
    expect(await found()).toEqual(fault(/^\/sharedState\/url: .*does not answer/));
  } finally {
    redis.resume();
  }
  await redis.stop();
  expect(await found()).toEqual(fault(/^\/sharedState\/url: .*(?:does not answer|ECONNREFUSED)/));
});
