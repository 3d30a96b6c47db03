import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { testDatabase } from '#test/database.ts';
import { callTokenClaims, callTokenType, verifyCallToken } from '../call-token.ts';
import { signToken } from '../signed-token.ts';
import { service, spiffeId } from '../spiffe.ts';
import { followKeys } from '../verification-keys.ts';
import { authorityMaker } from './authority.ts';
import { publishedKey } from './signing-keys.ts';
import { RotatingKeys } from './rotating-keys.ts';
import { signingKeyMaker, type SigningKey } from './signing-keys.ts';

const installation = installationId('test');
const thumbprint = 'A'.repeat(43);
const hourMs = 3_600_000;
const secondMs = 1_000;
/** How often the keys check whether a rotation is due. */
const checkMs = 10_000;

let resources: AsyncDisposableStack;
let database: Database;
let envelope: Envelope;
let clock: FakeClock;
beforeEach(async () => {
  resources = new AsyncDisposableStack();
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-rotation-'));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  const { url } = resources.use(await testDatabase('identity'));
  database = resources.use(openDatabase({ url, maxConnections: 3 }));
  clock = new FakeClock();
  const keyBase64 = randomBytes(32).toString('base64');
  envelope = createEnvelope({ custodian: createFileCustodian({ folder, keyBase64 }), clock });
});
afterEach(() => resources.disposeAsync());

const options = {
  periodMs: 24 * hourMs,
  publishAheadMs: 10 * 60_000,
  retentionMs: 65_000,
};

async function start(): Promise<RotatingKeys<SigningKey>> {
  const ports = { database, envelope, clock, logger: silentLogger() };
  const keys = await RotatingKeys.start({ ...ports, ...options, maker: signingKeyMaker });
  resources.defer(() => keys.dispose());
  return keys;
}

/** Advances the clock past the next check and waits until what that started is finished. */
async function advance(keys: RotatingKeys<SigningKey>, byMs: number): Promise<void> {
  clock.advance(byMs);
  // A due rotation has started by now; reloads run one after the other, so this one comes after it.
  await keys.reload();
}

const kids = (keys: RotatingKeys<SigningKey>) => keys.published().map((key) => key.kid);

function issue(keys: RotatingKeys<SigningKey>): string {
  const { kid, signer } = keys.current();
  const claims = callTokenClaims({
    installation,
    caller: service('audio'),
    audience: 'api',
    thumbprint,
    lifetimeSec: 60,
    nowMs: clock.now(),
  });
  return signToken(claims, { typ: callTokenType, kid }, signer.privateKey);
}

/** A verifier that polls the keys every thirty seconds, and never fetches in between. */
function verifierOf(keys: RotatingKeys<SigningKey>) {
  const holder = spiffeId(installation, service('token-service'));
  const followed = followKeys({
    // The clock stands still while it verifies, so that an unknown kid cannot cause a fetch within the same second.
    clock,
    fetchKeys: async () => ({
      keys: keys
        .published()
        .map(({ kid, notAfterMs, signer }) => publishedKey({ kid, holder, jwk: signer.jwk, notAfterMs })),
    }),
  });
  const revocations = { isRevoked: () => false, fresh: () => true, onRevoked: () => () => undefined };
  return {
    poll: () => followed.refresh(),
    verify: (token: string) =>
      verifyCallToken(token, {
        audience: 'api',
        thumbprint,
        installation,
        keys: followed,
        revocations,
        nowMs: clock.now(),
      }),
  };
}

describe('keys that sign call tokens', () => {
  test('are the same after a restart', async () => {
    const first = await start();
    const { kid } = first.current();
    first.dispose();
    const second = await start();
    expect(second.current().kid).toBe(kid);
    const verifier = verifierOf(first);
    await verifier.poll();
    expect((await verifier.verify(issue(second))).ok).toBe(true);
  });

  test('are published ten minutes before they sign', async () => {
    const keys = await start();
    const { kid: first, startsMs } = keys.current();
    await advance(keys, 24 * hourMs - options.publishAheadMs - checkMs);
    expect(kids(keys)).toEqual([first]);
    await advance(keys, checkMs);
    expect(kids(keys)).toHaveLength(2);
    expect(keys.current().kid).toBe(first);
    clock.advance(options.publishAheadMs - 1);
    expect(keys.current().kid).toBe(first);
    clock.advance(1);
    expect(clock.now() - startsMs).toBe(24 * hourMs);
    expect(keys.current().kid).toBe(kids(keys)[1]);
  });

  test('stay published until their last token has expired, and not much longer', async () => {
    const keys = await start();
    const { kid: first } = keys.current();
    await advance(keys, 24 * hourMs - 60_000);
    clock.advance(60_000 - 1);
    expect(keys.current().kid).toBe(first);
    clock.advance(1);
    clock.advance(options.retentionMs - 1);
    expect(kids(keys)).toContain(first);
    clock.advance(1);
    expect(kids(keys)).not.toContain(first);
  });

  test('leave no gap: every token of three days is accepted from its first to its last second', async () => {
    const keys = await start();
    const verifier = verifierOf(keys);
    const used = new Set<string>();
    let alive: { token: string; untilMs: number }[] = [];
    const stepMs = 30 * secondMs;
    const steps = (72 * hourMs) / stepMs;
    for (let step = 0; step < steps; step += 1) {
      // Only the time around a rotation is interesting; in between, days pass in larger steps.
      const intoPeriodMs = (step * stepMs) % (24 * hourMs);
      const near = intoPeriodMs < 5 * 60_000 || intoPeriodMs > 24 * hourMs - 12 * 60_000;
      clock.advance(stepMs);
      if (!near && intoPeriodMs % hourMs !== 0) continue;
      await keys.reload();
      await verifier.poll();
      const token = issue(keys);
      used.add(keys.current().kid);
      alive = [...alive.filter((each) => each.untilMs > clock.now()), { token, untilMs: clock.now() + 60_000 }];
      for (const each of alive) expect(await verifier.verify(each.token)).toMatchObject({ ok: true });
    }
    expect(used.size).toBe(4);
  });

  test('begin anew after a pause in which no key was made', async () => {
    const first = await start();
    const { kid } = first.current();
    first.dispose();
    clock.advance(10 * 24 * hourMs);
    const second = await start();
    expect(second.current().kid).not.toBe(kid);
    expect(kids(second)).toEqual([second.current().kid]);
  });

  test('run out rather than sign for longer than they are published', async () => {
    const keys = await start();
    keys.dispose();
    clock.advance(24 * hourMs);
    expect(() => keys.current()).toThrow(expect.objectContaining({ code: 'identity.no-signing-key' }));
  });

  test('are replaced on request, by every token service, after the time that verifiers need', async () => {
    const [keys, other] = [await start(), await start()];
    const { kid: first } = keys.current();
    await keys.rotate(60_000);
    await other.reload();
    await expect(other.rotate(60_000)).rejects.toMatchObject({ code: 'identity.rotation-under-way', status: 409 });
    for (const each of [keys, other]) {
      expect(kids(each)).toHaveLength(2);
      expect(each.current().kid).toBe(first);
    }
    const verifier = verifierOf(keys);
    await verifier.poll();
    clock.advance(60_000 - 1);
    const last = issue(other);
    clock.advance(1);
    for (const each of [keys, other]) expect(each.current().kid).not.toBe(first);
    expect(await verifier.verify(issue(other))).toMatchObject({ ok: true });
    clock.advance(58_000);
    expect(await verifier.verify(last)).toMatchObject({ ok: true });
    // When nothing that it signed can be valid, it is destroyed without anybody asking.
    await advance(keys, options.retentionMs);
    expect(kids(keys)).not.toContain(first);
    const stored = await database.acrossTenants((transaction) => transaction.query('select kid from identity_key'));
    expect(stored.rows).toEqual([{ kid: keys.current().kid }]);
  });

  test('are agreed on by several token services on one database', async () => {
    const services = await Promise.all([start(), start(), start()]);
    expect(new Set(services.map((keys) => keys.current().kid)).size).toBe(1);
    clock.advance(24 * hourMs - 60_000);
    await Promise.all(services.map((keys) => keys.reload()));
    await Promise.all(services.map((keys) => keys.reload()));
    expect(new Set(services.map((keys) => kids(keys).join()))).toHaveLength(1);
    expect(kids(services[0])).toHaveLength(2);
  });

  test('do not open under the key of another custodian, nor in the row of another key', async () => {
    const keys = await start();
    const { kid } = keys.current();
    const sealed = await database.acrossTenants(async (transaction) => {
      const { rows } = await transaction.query<{ sealed: Buffer }>('select sealed from identity_key');
      return rows[0]?.sealed ?? Buffer.alloc(0);
    });
    const location = { tenant: 'platform', table: 'identity_key', column: 'sealed:call-token' } as const;
    expect((await envelope.open(sealed, { ...location, row: kid })).length).toBeGreaterThan(40);
    await expect(envelope.open(sealed, { ...location, row: 'other' })).rejects.toMatchObject({
      code: 'keyring.foreign',
    });
    await expect(envelope.open(sealed, { ...location, column: 'sealed:authority', row: kid })).rejects.toMatchObject({
      code: 'keyring.foreign',
    });
  });
});

describe('certificate authorities', () => {
  test('overlap, so that every workload knows the next before it issues', async () => {
    const ports = { database, envelope, clock, logger: silentLogger() };
    const authorities = await RotatingKeys.start({
      ...ports,
      maker: authorityMaker(installation),
      periodMs: 10 * hourMs,
      publishAheadMs: 2 * hourMs,
      retentionMs: hourMs,
    });
    resources.defer(() => authorities.dispose());
    const first = authorities.current();
    let changes = 0;
    authorities.onChanged(() => (changes += 1));
    clock.advance(8 * hourMs);
    await authorities.reload();
    expect(changes).toBe(1);
    expect(authorities.published()).toHaveLength(2);
    expect(authorities.current().kid).toBe(first.kid);
    clock.advance(2 * hourMs);
    expect(authorities.current().kid).not.toBe(first.kid);
    expect(authorities.published().map((each) => each.kid)).toContain(first.kid);
    const [, next] = authorities.published();
    expect(next?.signer.certificate.notBefore.getTime()).toBeLessThanOrEqual(first.endsMs);
    clock.advance(hourMs);
    expect(authorities.published().map((each) => each.kid)).not.toContain(first.kid);
  });
});
