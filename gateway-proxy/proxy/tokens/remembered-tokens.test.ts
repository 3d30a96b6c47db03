import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import type { Revocations } from '#security/identity/revocations.ts';
import type { VerificationKeys } from '#security/identity/verification-keys.ts';
import { testInstallation, type BotIdentity, type TestInstallation } from '#test/installation.ts';
import { RememberedTokens } from './remembered-tokens.ts';

let installation: TestInstallation;
let bot: BotIdentity;
let token: string;
let genuineKeys: VerificationKeys;

beforeAll(async () => {
  installation = await testInstallation();
  bot = await installation.botIdentity(newTenantId());
  token = await bot.callToken('audio');
  genuineKeys = (await installation.agentFor('gateway-proxy')).keys;
});
afterAll(async () => {
  await installation?.[Symbol.asyncDispose]();
});

/** The real verification, with revocations, keys and time under the test's control. */
function setUp() {
  const state = { fresh: true, revoked: false, retired: false, lookUps: 0 };
  const revocations: Revocations = {
    fresh: () => state.fresh,
    isRevoked: () => state.revoked,
    onRevoked: () => () => undefined,
  };
  const keys: VerificationKeys = {
    verified: genuineKeys.verified,
    find: async (kid, use) => {
      state.lookUps += 1;
      return state.retired ? undefined : genuineKeys.find(kid, use);
    },
  };
  const clock = new FakeClock(Date.now());
  const tokens = new RememberedTokens({ installation: installation.installation, keys, revocations }, clock);
  const call = async (audience: 'audio' | 'discord-edge' = 'audio', thumbprint = bot.thumbprint) => {
    const verdict = await tokens.call(token, audience, thumbprint);
    return verdict.ok ? 'ok' : verdict.fault;
  };
  return { state, clock, tokens, call };
}

describe('a remembered token', () => {
  it('is verified once a second, however often it is used', async () => {
    const { call, state, clock } = setUp();
    for (let index = 0; index < 5; index += 1) expect(await call()).toBe('ok');
    expect(state.lookUps).toBe(1);
    clock.advance(1_000);
    expect(await call()).toBe('ok');
    expect(state.lookUps).toBe(2);
  });

  it('opens nothing else and counts on no other connection', async () => {
    const { call } = setUp();
    expect(await call()).toBe('ok');
    expect(await call('discord-edge')).toBe('wrong-audience');
    expect(await call('audio', 'x'.repeat(43))).toBe('wrong-certificate');
    expect(await call()).toBe('ok');
  });

  it('lets no other token pass on the same connection', async () => {
    const { call, tokens } = setUp();
    expect(await call()).toBe('ok');
    const [head, claims, signature = ''] = token.split('.');
    const forged = `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    expect(await tokens.call(forged, 'audio', bot.thumbprint)).toMatchObject({ ok: false, fault: 'signature' });
    expect(await tokens.call(await bot.callToken('discord-edge'), 'audio', bot.thumbprint)).toMatchObject({
      ok: false,
    });
    expect(await call()).toBe('ok');
  });

  it('is refused at once when revocations cannot be followed', async () => {
    const { call, state } = setUp();
    expect(await call()).toBe('ok');
    state.fresh = false;
    expect(await call()).toBe('not-fresh');
    state.fresh = true;
    expect(await call()).toBe('ok');
  });

  it('is refused at once when it was revoked', async () => {
    const { call, state, tokens } = setUp();
    expect(await call()).toBe('ok');
    state.revoked = true;
    tokens.forget();
    expect(await call()).toBe('revoked');
  });

  it('is refused within a second of its key being retired', async () => {
    const { call, state, clock } = setUp();
    expect(await call()).toBe('ok');
    state.retired = true;
    clock.advance(1_000);
    expect(await call()).toBe('unknown-key');
  });

  it('is refused from the moment it expires', async () => {
    const { call, clock } = setUp();
    expect(await call()).toBe('ok');
    clock.advance(61_000);
    expect(await call()).toBe('expired');
  });
});
