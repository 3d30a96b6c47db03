import { beforeEach, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import type { Lease } from '#infra/leases/lease.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { StoredCredential } from './credential-store.ts';
import { Judgements } from './judgements.ts';

const tenant = newTenantId();
const lease: Lease = { tenant, part: 'discord-edge', token: 1 };
const credential: StoredCredential = {
  tenant,
  applicationId: snowflake('7'),
  botUserId: snowflake('7'),
  sealed: Buffer.from('sealed'),
  checkedAt: new Date(0),
};
let clock: FakeClock;
let stored: (string | undefined)[];
let judged: () => Promise<void>;
let judgements: Judgements;
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  clock = new FakeClock();
  stored = [];
  judged = async () => undefined;
  const credentials = {
    judged: async (_lease: Lease, _credential: StoredCredential, refusal: string | undefined) => {
      await judged();
      stored.push(refusal);
    },
  };
  judgements = new Judgements({ credentials, clock, logger: silentLogger() });
});

it('a judgement that could not be stored is stored later', async () => {
  judged = () => Promise.reject(platformFault('database.unavailable', 'Away.'));
  judgements.note(lease, credential, 'invalid-token');
  await settled();
  judged = async () => undefined;
  expect(stored).toEqual([]);
  clock.advance(5_000);
  await settled();
  expect(stored).toEqual(['invalid-token']);
  clock.advance(60_000);
  await settled();
  expect(stored).toEqual(['invalid-token']);
});

it('of several while one is stored only the latest follows', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  judged = () => promise;
  judgements.note(lease, credential, 'invalid-token');
  judgements.note(lease, credential, 'intents-not-granted');
  judgements.note(lease, credential, undefined);
  resolve();
  await settled();
  expect(stored).toEqual(['invalid-token', undefined]);
});

it('whoever has lost the lease stops', async () => {
  judged = () => Promise.reject(callerFault('lease.lost', 'Lost.', 421));
  judgements.note(lease, credential, 'invalid-token');
  await settled();
  expect(clock.dueInMs()).toEqual([]);
});

it('waits at its end for what is being stored, and attempts nothing again', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  judged = () => promise;
  judgements.note(lease, credential, undefined);
  const ended = judgements[Symbol.asyncDispose]().then(() => stored.length);
  resolve();
  expect(await ended).toBe(1);
  judgements.note(lease, credential, 'invalid-token');
  await settled();
  expect(stored).toHaveLength(1);
});
