import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tryToLead } from '#infra/database/leadership.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { createEnvelope, keyVersionOf, type Envelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { platformKeyPeriodMs, watchPlatformKeyAge } from '#security/keyring/platform-key-age.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { testDatabase } from '#test/database.ts';
import { Delegations } from './delegations.ts';
import { RotatingKeys } from './rotating-keys.ts';
import { signingKeyMaker, type SigningKey } from './signing-keys.ts';

/* The key under which token services seal what they sign with; two of them, on one database and one keyring. */
interface Replica {
  readonly envelope: Envelope;
  readonly delegations: Delegations;
  readonly keys: RotatingKeys<SigningKey>;
}

let stack: AsyncDisposableStack;
let url: string;
let database: Database;
let custodian: Custodian;
let clock: FakeClock;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-platform-key-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  ({ url } = stack.use(await testDatabase('identity')));
  database = stack.use(openDatabase({ url, maxConnections: 6 }));
  clock = new FakeClock();
  custodian = createFileCustodian({ folder, keyBase64: randomBytes(32).toString('base64') }, clock);
});
afterEach(() => stack.disposeAsync());

const lifetimeMs = 10 * platformKeyPeriodMs;
const verifier = 'spiffe://test/svc/gateway-proxy';

async function replica(): Promise<Replica> {
  const envelope = createEnvelope({ custodian, clock, dataKeyUses: 1 });
  const times = { periodMs: lifetimeMs, publishAheadMs: 60_000, retentionMs: 65_000 };
  const ports = { database, envelope, clock, logger: silentLogger() };
  const keys = await RotatingKeys.start({ ...ports, ...times, maker: signingKeyMaker });
  stack.defer(() => keys.dispose());
  return { envelope, keys, delegations: new Delegations({ database, envelope, clock, lifetimeMs }) };
}

const watch = ({ envelope }: Replica): Disposable =>
  stack.use(
    watchPlatformKeyAge({
      custodian,
      envelope,
      database,
      columns: sealedColumnsOf('token-service'),
      lead: () => tryToLead(url, 'replacing the key of the token service'),
      clock,
      logger: silentLogger(),
    }),
  );

const share = ({ delegations }: Replica) =>
  delegations.share({
    use: 'grant',
    jwk: { kty: 'oct', k: randomBytes(32).toString('base64url') },
    holder: 'spiffe://test/svc/api',
    verifier,
  });

const versions = async () => (await custodian.versions('platform')).map(({ version }) => version);

async function usedVersions(): Promise<number[]> {
  const { rows } = await database.acrossTenants((transaction) =>
    transaction.query<{ sealed: Buffer }>('select sealed from identity_key union all select sealed from delegated_key'),
  );
  return [...new Set(rows.map(({ sealed }) => keyVersionOf(sealed)))].toSorted((a, b) => a - b);
}

test('is replaced when it is ninety days old, by one of them, while the other goes on sharing keys', async () => {
  const [one, other] = [await replica(), await replica()];
  await share(one);
  await share(other);
  watch(one);
  clock.advance(platformKeyPeriodMs - 60_000);
  expect(await versions()).toEqual([1]);

  watch(other);
  clock.advance(2 * 60 * 60_000);
  const shared: string[] = [];
  await expect
    .poll(
      async () => {
        for (const each of [one, other]) shared.push((await share(each)).kid);
        return versions();
      },
      { timeout: 20_000, interval: 5 },
    )
    .toEqual([2]);
  expect(await usedVersions()).toEqual([2]);
  // What was shared meanwhile opens at a third one, and so do the signing keys.
  const third = await replica();
  const known = (await third.delegations.sharedWith(verifier)).map(({ kid }) => kid);
  expect(known).toEqual(expect.arrayContaining(shared.slice(-2)));
  expect(third.keys.current().kid).toBe(one.keys.current().kid);
});

test('goes on where it was interrupted', async () => {
  const one = await replica();
  await share(one);
  // Killed after it had added a version.
  await custodian.rotate('platform');
  expect(await usedVersions()).toEqual([1]);
  watch(one);
  await expect.poll(versions, { timeout: 10_000 }).toEqual([2]);
  expect(await usedVersions()).toEqual([2]);
  expect(await one.delegations.sharedWith(verifier)).toHaveLength(1);
});
