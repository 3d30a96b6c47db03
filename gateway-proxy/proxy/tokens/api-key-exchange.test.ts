import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { installationId, newTenantId } from '#infra/kernel/ids.ts';
import { apiKeyOf } from '#security/identity/api-key.ts';
import { ApiKeyExchange } from './api-key-exchange.ts';

const key = apiKeyOf(newTenantId(), Buffer.alloc(32, 7));
const other = apiKeyOf(newTenantId(), Buffer.alloc(32, 8));
let clock: FakeClock;
let asked: string[];
let thumbprint: string;
/** What the token service does next. */
let answer: () => Promise<{ token: string; expiresInSec: number }>;
let keys: ApiKeyExchange;

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  thumbprint = 'first';
  answer = async () => ({ token: `token ${asked.length}`, expiresInSec: 60 });
  const tokenService = {
    exchangeApiKey: (given: string) => {
      asked.push(given);
      return answer();
    },
  };
  const agent = { installation: installationId('test'), thumbprint: () => thumbprint, tokenService };
  keys = new ApiKeyExchange(agent as unknown as ConstructorParameters<typeof ApiKeyExchange>[0], clock);
});

test('asks once for a key while its token lasts, however many come at once', async () => {
  const many = await Promise.all([keys.exchange(key), keys.exchange(key), keys.exchange(key)]);
  expect(many).toEqual(Array.from({ length: 3 }, () => ({ ok: true, value: 'token 1' })));
  clock.advance(54_000);
  expect(await keys.exchange(key)).toEqual({ ok: true, value: 'token 1' });
  expect(asked).toEqual([key]);
  clock.advance(2_000);
  expect(await keys.exchange(key)).toEqual({ ok: true, value: 'token 2' });
  expect(await keys.exchange(other)).toEqual({ ok: true, value: 'token 3' });
});

test('asks anew once its own certificate is another, to which tokens are bound', async () => {
  await keys.exchange(key);
  thumbprint = 'second';
  expect(await keys.exchange(key)).toEqual({ ok: true, value: 'token 2' });
});

test('refuses for two seconds without asking again, and lets in a key that is there then', async () => {
  answer = () => Promise.reject(callerFault('identity.api-key', 'no'));
  for (let guess = 0; guess < 5; guess += 1)
    expect(await keys.exchange(key)).toMatchObject({ ok: false, fault: 'api-key' });
  expect(asked).toHaveLength(1);
  clock.advance(2_001);
  answer = async () => ({ token: 'made meanwhile', expiresInSec: 60 });
  expect(await keys.exchange(key)).toEqual({ ok: true, value: 'made meanwhile' });
});

test('holds nobody to an outage of the token service', async () => {
  answer = () => Promise.reject(platformFault('identity.token-service-unreachable', 'away'));
  expect(await keys.exchange(key)).toMatchObject({ ok: false, fault: 'key-exchange' });
  answer = async () => ({ token: 'back', expiresInSec: 60 });
  expect(await keys.exchange(key)).toEqual({ ok: true, value: 'back' });
});

test('asks nobody about what cannot be a key', async () => {
  for (const text of [
    'bwk_',
    `${key}x`,
    key.toUpperCase(),
    key.replace('_', '-'),
    `bwk_${'u'.repeat(26)}_${'A'.repeat(43)}`,
  ])
    expect(await keys.exchange(text), text).toMatchObject({ ok: false, fault: 'api-key' });
  expect(asked).toEqual([]);
});
