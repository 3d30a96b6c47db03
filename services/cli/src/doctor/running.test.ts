import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { certificateFinding, checkAuthorities, checkServedCertificate, type Expected } from './certificates.ts';
import { askDatabase, type DatabaseAnswer } from './database.ts';

/*
 * What the doctor checks of a running installation: the database, and gateway-proxy's certificate, from a real token
 * service.
 */
const stack = new AsyncDisposableStack();
let installation: TestInstallation;
let database: DatabaseAnswer;
let expected: Expected;
let served: X509Certificate;

beforeAll(async () => {
  installation = stack.use(await testInstallation());
  database = await askDatabase(installation.database.adminUrl);
  expected = { installation: installation.installation, authorities: database.authorities ?? [] };
  const agent = await installation.agentFor('gateway-proxy');
  served = new X509Certificate(agent.tls.current().certificatePem);
});
afterAll(() => stack.disposeAsync());

async function inDatabase(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: installation.database.adminUrl });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** The findings when the certificate of this service is served. */
async function found(service: 'gateway-proxy' | 'audio', known: Expected) {
  const { certificatePem, privateKeyPem, trustBundlePem } = (await installation.agentFor(service)).tls.current();
  // Like gateway-proxy, requests a certificate of every client.
  const server = createServer({ cert: certificatePem, key: privateKeyPem, ca: trustBundlePem, requestCert: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await checkServedCertificate((server.address() as AddressInfo).port, known, Date.now());
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

describe('reports about the database', () => {
  test('which keys the data of every tenant is sealed with', async () => {
    const tenant = newTenantId();
    await inDatabase(
      `insert into application_credential (tenant_id, application_id, bot_user_id, sealed, checked_at)
         values ('${tenant}', '1', '2', '\\x00', now())`,
    );
    const { sealedWith } = await askDatabase(installation.database.adminUrl);
    expect(sealedWith).toEqual([
      { keeper: 'discord-edge', of: tenant },
      { keeper: 'token-service', of: 'platform' },
    ]);
  });

  test('that it answers with the schema of this version, and which authorities it contains', () => {
    expect(database.findings).toMatchObject([
      { about: 'database', status: 'ok', says: expect.stringContaining("with this version's schema") },
    ]);
    expect(database.authorities).toEqual([installation.trustBundlePem.trim()]);
  });

  test('that it lacks a migration, and that a later version has migrated it', async () => {
    const asked = async () => (await askDatabase(installation.database.adminUrl)).findings;
    const row = "'later', 'x', now(), '20991231000000_later', 1";
    await inDatabase(
      `insert into _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) values (${row})`,
    );
    expect(await asked()).toMatchObject([{ status: 'fault', says: expect.stringContaining('(20991231000000_later)') }]);
    await inDatabase("delete from _prisma_migrations where id = 'later'");
    expect(await asked()).toMatchObject([{ status: 'ok' }]);
    await inDatabase("update _prisma_migrations set checksum = 'of another text' where migration_name like '%_first'");
    expect(await asked()).toMatchObject([{ status: 'warning', says: expect.stringContaining('lacks 1 migration') }]);
  });

  test('that the password is wrong, without showing it', async () => {
    const url = new URL(installation.database.adminUrl);
    url.password = 'secret-of-mine';
    url.username = 'bailiwick_api';
    const { findings, authorities } = await askDatabase(url.href);
    expect(findings).toMatchObject([{ status: 'fault', says: expect.stringContaining('password') }]);
    expect(JSON.stringify(findings)).not.toContain('secret-of-mine');
    expect(authorities).toBeUndefined();
  });
});

describe('reports about certificates', () => {
  test('that gateway-proxy serves its own, and how long it and its authority are valid', async () => {
    expect(await found('gateway-proxy', expected)).toMatchObject([
      { status: 'ok', says: expect.stringMatching(/\/svc\/gateway-proxy: \d+ min left/) },
      { status: 'ok', says: expect.stringMatching(/valid for 36\d days/) },
    ]);
  });

  test('that another service, another installation or nobody listens in its place', async () => {
    expect((await found('audio', expected))[0]).toMatchObject({
      status: 'fault',
      says: expect.stringContaining('audio'),
    });
    await using other = await testInstallation({ installation: expected.installation });
    const { authorities = [] } = await askDatabase(other.database.adminUrl);
    const [stranger] = await found('gateway-proxy', { ...expected, authorities });
    expect(stranger).toMatchObject({ status: 'fault', says: expect.stringContaining('another authority') });
    const [nobody] = await checkServedCertificate(1, expected, Date.now());
    expect(nobody).toMatchObject({ status: 'fault', says: expect.stringContaining('ECONNREFUSED') });
  });

  test('that one is expired, not valid yet or was not renewed in time', () => {
    const [from, to] = [served.validFromDate.getTime(), served.validToDate.getTime()];
    const at = (ms: number) => certificateFinding(served, expected, ms).status;
    expect([at((from + to) / 2), at(to - 60_000), at(to), at(from - 1_000)]).toEqual([
      'ok',
      'warning',
      'fault',
      'fault',
    ]);
  });

  test('that no authority follows one that is expired or about to expire', () => {
    const [pem = ''] = expected.authorities ?? [];
    const endMs = new X509Certificate(pem).validToDate.getTime();
    const at = (ms: number) => checkAuthorities([pem], ms).map(({ status }) => status);
    expect([at(Date.now()), at(endMs - 60_000), at(endMs)].flat()).toEqual(['ok', 'warning', 'fault']);
    expect(checkAuthorities([], endMs)).toEqual([]);
  });
});
