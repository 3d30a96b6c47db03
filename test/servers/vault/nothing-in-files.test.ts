// @module-tag go
// @module-tag linux
import { createSecretKey, hkdfSync, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { tenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { encrypt } from '#security/keyring/aes-gcm.ts';
import { encodeFields } from '#security/keyring/associated-data.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { deriveKey, openRootKey } from '#security/keyring/keyring-file.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { sealedColumns, sealedValues } from '#security/keyring/sealed-columns.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { diagnose } from '#services/cli/src/doctor/doctor.ts';
import type { ApiClient } from '#services/cli/src/client.ts';
import { dataPathsIn } from '#services/cli/src/up/data-folder.ts';
import { planPorts } from '#services/cli/src/up/ports.ts';
import { openDatabase as openWithRoot } from '#test/e2e/platform.ts';
import { attempt, onboard, type Attempt, type OnboardedTenant } from '#test/integration/start-attempt.ts';
import { installation, preparePlatform, type LivePlatform } from './live-platform.ts';

vi.setConfig({ testTimeout: 120_000 });

/*
 * The keys are at a real Vault: the data folder has no secret in any form, and opens nothing without that Vault. The tests
 * follow one another.
 */
const stack = new AsyncDisposableStack();
let live: LivePlatform;
let platform: Attempt;
let api: ApiClient;
let tenant: OnboardedTenant;

beforeAll(async () => {
  live = stack.use(await preparePlatform());
  ({ platform, api } = await live.start());
  tenant = await onboard(api, live.door);
  const note = { role: 'viewer', note: 'A note for Robin alone' };
  await api.call('POST', `/v1/tenants/${tenant.id}/invitations`, z.unknown(), note);
  const key = z.object({ key: z.string() });
  const log = () => api.call('GET', `/v1/tenants/${tenant.id}/audit/key`, key).catch(() => ({ key: '' }));
  await eventually('its log has a key', async () => (await log()).key !== '');
});
afterAll(() => stack.disposeAsync());

async function stop(): Promise<void> {
  platform.signal('SIGTERM');
  expect(await platform.ended).toBe(0);
}

const passwordRoles = ['admin', 'identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor'];
const adminUrl = async () => {
  const password = deriveKey(await live.rootKey(), 'postgres/admin').toString('base64url');
  return `postgresql://postgres:${password}@127.0.0.1:${planPorts(live.base).ports.postgres}/bailiwick`;
};

interface Secret {
  readonly what: string;
  readonly bytes: Buffer;
}

/** What is stored, opened with Vault, and sealed as it is stored. */
async function storedSecrets(): Promise<{ opened: Secret[]; sealed: Secret[] }> {
  const [opened, sealed]: [Secret[], Secret[]] = [[], []];
  await using database = openDatabase({ url: await adminUrl(), maxConnections: 1 });
  for (const column of sealedColumns) {
    const { keeper, table } = column;
    const keys = { kind: 'vault', url: live.vault.url, mount: 'transit', authMount: 'approle' } as const;
    await using custodian = await openCustodian(
      { ...keys, trustPem: live.vault.trustPem, ...live.roles[keeper] },
      { installation, part: keeper, logger: silentLogger(), clock: systemClock },
    );
    const envelope = createEnvelope({ custodian });
    const owners: (TenantId | 'platform')[] =
      column.of === 'platform' ? ['platform'] : await tenantsIn(database, table);
    for (const owner of owners)
      await database.acrossTenants(async (transaction) => {
        for (const value of await sealedValues(column, transaction, owner)) {
          const bytes = Buffer.from(await envelope.open(value.sealed, value.location));
          opened.push({ what: `${table}.${column.column}`, bytes });
          sealed.push({ what: `${table}.${column.column}`, bytes: Buffer.from(value.sealed) });
        }
      });
  }
  return { opened, sealed };
}

async function tenantsIn(database: ReturnType<typeof openDatabase>, table: string): Promise<TenantId[]> {
  const rows = await database.queryAcrossTenants<{ id: string }>({
    text: `select distinct tenant_id as id from ${table}`,
  });
  return rows.map(({ id }) => tenantId(id));
}

/** The private key of an Ed25519 pair is the end of its PKCS #8 (RFC 8410). */
const endOf = ({ what, bytes }: Secret): Secret[] =>
  bytes.length > 32 && bytes[0] === 0x30 ? [{ what: `${what}, the bare key`, bytes: bytes.subarray(-32) }] : [];

/** Plain, and as text in every usual form. */
const formsOf = ({ bytes }: Secret): Buffer[] => [
  bytes,
  Buffer.from(bytes.toString('hex')),
  Buffer.from(bytes.toString('base64').replace(/=+$/, '')),
  Buffer.from(bytes.toString('base64url')),
];

/** Which of these are somewhere in the data folder. */
async function foundInFolder(secrets: readonly Secret[]): Promise<Set<string>> {
  const found = new Set<string>();
  let files = 0;
  for (const entry of await readdir(live.dataFolder, { recursive: true, withFileTypes: true })) {
    // Compiled modules, which are the same for everybody.
    if (!entry.isFile() || entry.parentPath.startsWith(path.join(live.dataFolder, 'cache'))) continue;
    const content = await readFile(path.join(entry.parentPath, entry.name));
    files += 1;
    for (const secret of secrets) if (formsOf(secret).some((form) => content.includes(form))) found.add(secret.what);
  }
  expect(files).toBeGreaterThan(500);
  return found;
}

test('no secret of the installation is in its folder in any form, while everything sealed is found there', async () => {
  const root = await live.rootKey();
  const { opened, sealed } = await storedSecrets();
  const kinds = new Set(opened.map(({ what }) => what));
  for (const kind of [
    'application_credential.sealed',
    'audit_key.sealed',
    'identity_key.sealed',
    'delegated_key.sealed',
    'invitation.sealed_note',
    'session_key.sealed',
  ])
    expect(kinds).toContain(kind);
  const session = opened.find(({ what }) => what === 'session_key.sealed')?.bytes ?? randomBytes(32);
  const secrets: Secret[] = [
    { what: 'the root key', bytes: root.export() },
    ...passwordRoles.map((role) => ({
      what: `the database's password of ${role}`,
      bytes: deriveKey(root, `postgres/${role}`),
    })),
    ...['access', 'sign-in', 'cursor', 'idempotency'].map((use) => ({
      what: `the key of sessions for ${use}`,
      bytes: Buffer.from(hkdfSync('sha256', session, '', `bailiwick/api/${use}`, 32)),
    })),
    ...Object.entries(live.roles).map(([part, { secretId }]) => ({
      what: `the secret id of ${part}`,
      bytes: Buffer.from(secretId),
    })),
    { what: 'the Discord token', bytes: Buffer.from(tenant.application.token) },
    ...opened.flatMap((secret) => [secret, ...endOf(secret)]),
  ].filter(({ bytes }) => bytes.length >= 16);
  expect(secrets.length).toBeGreaterThan(25);
  await stop();
  expect([...(await foundInFolder(secrets))]).toEqual([]);
  // The search does find what is there.
  const there = await foundInFolder(sealed.filter(({ what }) => what !== 'gateway_session.document'));
  expect(there).toContain('session_key.sealed');
  expect(there).toContain('audit_key.sealed');
  expect(await readdir(path.join(live.dataFolder, 'keyring'), { recursive: true })).toEqual(['root.vault.json']);
});

test('the folder opens nothing without that Vault', async () => {
  const inFiles = path.join(live.folder, 'files.yaml');
  await writeFile(inFiles, stringify({ ...live.settings(), keys: { kind: 'file' } }));
  const fails = async (file: string) => {
    await using failing = attempt({ args: [...live.args(), '--settings', file] });
    expect(await failing.ended).toBe(1);
    return failing.said();
  };
  await live.vault.kill();
  try {
    expect(await fails(live.settingsFile)).toContain('/keys/url  cannot be reached');
    // Nobody gets a new key in place of the one that opens what is there.
    expect(await fails(inFiles)).toContain('The keys of this installation are at Vault');
  } finally {
    await live.vault.run();
    await live.vault.unseal();
  }
  expect(await readdir(path.join(live.dataFolder, 'keyring'), { recursive: true })).toEqual(['root.vault.json']);
  const key = `bw-${installation}-launcher-platform`;
  const { body } = await live.vault.ask('GET', `transit/keys/${key}`);
  expect(body.data).toMatchObject({ exportable: false, allow_plaintext_backup: false });
  // Another Vault, or one whose key was deleted.
  await live.vault.ask('POST', `transit/keys/${key}/rotate`);
  await live.vault.ask('POST', `transit/keys/${key}/config`, { min_decryption_version: 2 });
  expect(await fails(live.settingsFile)).toContain('This Vault does not open the root key');
  await live.vault.ask('POST', `transit/keys/${key}/config`, { min_decryption_version: 1 });
});

test('an installation of an earlier release, with its root key in a file, is carried over by its next start', async () => {
  const paths = dataPathsIn(live.dataFolder);
  ({ platform, api } = await live.start());
  const file = await openRootKey({ file: paths.rootKey, keyFile: paths.keyFile });
  {
    await using database = openDatabase({ url: await adminUrl(), maxConnections: 1 });
    const session = deriveKey(file, 'api/sessions');
    const words = createSecretKey(Buffer.from(hkdfSync('sha256', session, '', 'bailiwick/api/words', 32)));
    const sealed = (text: string, ...place: [table: string, column: string, row: string]) =>
      encrypt(words, Buffer.from(text), encodeFields('bailiwick-sealed-text/1', ...place));
    await stopProcesses();
    await database.acrossTenants(async (transaction) => {
      const { rows } = await transaction.query<{ id: string }>('select id from invitation');
      for (const { id } of rows)
        await transaction.query('update invitation set sealed_note = $2 where id = $1', [
          id,
          sealed('A note from before', 'invitation', 'sealed_note', id),
        ]);
      await transaction.query('delete from session_key');
      const password = deriveKey(file, 'postgres/admin').toString('base64url');
      await transaction.query(`alter role postgres password '${password}'`);
    });
  }
  await stop();
  await rm(paths.wrappedRootKey);
  const keyring = async () => {
    const findings = await diagnose({ data: live.dataFolder, live: true, settings: live.settingsFile });
    return findings.filter(({ about, status }) => about === 'keyring' && status !== 'ok');
  };
  expect(await keyring()).toEqual([
    expect.objectContaining({
      status: 'warning',
      says: expect.stringContaining('the root key is still in a file'),
      fix: expect.stringContaining('start the installation once'),
    }),
  ]);
  ({ platform, api } = await live.start());
  const notes = z.object({ items: z.array(z.object({ note: z.string().nullable() })) });
  expect(await api.call('GET', `/v1/tenants/${tenant.id}/invitations`, notes)).toEqual({
    items: [{ note: 'A note from before' }],
  });
  expect(await readdir(paths.keyring, { recursive: true })).toEqual(['root.vault.json']);
  expect(await keyring()).toEqual([]);
  const { opened } = await storedSecrets();
  const keys = opened.filter(({ what }) => what === 'session_key.sealed').map(({ bytes }) => bytes.toString('hex'));
  // Browsers stay signed in: the key from before is accepted, and already replaced.
  expect(keys[0]).toBe(deriveKey(file, 'api/sessions').toString('hex'));
  expect(keys).toHaveLength(2);
  await stop();
});

test('the root key is replaced by a start after ninety days, and the one before opens nothing', async () => {
  const { wrappedRootKey } = dataPathsIn(live.dataFolder);
  const before = await live.rootKey();
  const fileSchema = z.looseObject({ current: z.looseObject({ createdAtMs: z.number() }) });
  const stored = async () => fileSchema.parse(JSON.parse(await readFile(wrappedRootKey, 'utf8')));
  const file = await stored();
  const { current } = file;
  const aged = { ...file, current: { ...current, createdAtMs: current.createdAtMs - 91 * 24 * 60 * 60_000 } };
  await writeFile(wrappedRootKey, JSON.stringify(aged));
  ({ platform, api } = await live.start());
  const after = await live.rootKey();
  expect(after.equals(before)).toBe(false);
  expect(await stored()).not.toHaveProperty('earlier');
  await (await live.database()).query('select 1');
  const old = await openWithRoot(live.dataFolder, planPorts(live.base).ports.postgres, before);
  await expect(old.query('select 1')).rejects.toMatchObject({ code: '28P01' });
  await stop();
  ({ platform, api } = await live.start());
  expect((await live.rootKey()).equals(after)).toBe(true);
  await stop();
});

/** The api would create a session key in place of the one that is deleted. */
async function stopProcesses(): Promise<void> {
  const seen = await platform.seen();
  for (const { pid, command } of seen) if (command.endsWith('services/api/src/main.ts')) process.kill(pid, 'SIGSTOP');
}
