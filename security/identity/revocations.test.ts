import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import type { Agent } from './agent.ts';
import { followRevocations } from './follow-revocations.ts';
import type { Revocation } from './revocations.ts';
import { bot, spiffeId } from './spiffe.ts';
import type { FeedFrame } from './token-service-client.ts';
import { revocation } from './token.fixture.ts';

describe('the feed', () => {
  let here: TestInstallation;
  let api: Agent;
  const verifiers: Agent[] = [];
  beforeAll(async () => {
    here = await testInstallation();
    api = await here.agentFor('api');
    for (const name of ['gateway-proxy', 'discord-edge', 'audio', 'worker'] as const)
      verifiers.push(await here.agentFor(name));
  });
  afterAll(() => here[Symbol.asyncDispose]());

  test('tells every verifier of a revocation in under a second', async () => {
    const delaysMs: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const value = spiffeId(here.installation, bot(newTenantId()));
      const started = performance.now();
      const arrivals = verifiers.map(
        (agent) =>
          new Promise<number>((resolve) => {
            const stop = agent.revocations.onRevoked((each: Revocation) => {
              if (each.value !== value) return;
              stop();
              resolve(performance.now() - started);
            });
          }),
      );
      await api.tokenService.revoke({ kind: 'subject', value, reason: 'test' });
      delaysMs.push(...(await Promise.all(arrivals)));
      for (const agent of verifiers) expect(agent.revocations.isRevoked({ spiffeId: value })).toBe(true);
    }
    console.log(`revocation reaches a verifier after at most ${Math.round(Math.max(...delaysMs))} ms`);
    expect(Math.max(...delaysMs)).toBeLessThan(1_000);
  });

  test('gives who comes later everything that is in force', async () => {
    const value = spiffeId(here.installation, bot(newTenantId()));
    await api.tokenService.revoke({ kind: 'subject', value, reason: 'test' });
    const supervisor = await here.agentFor('supervisor');
    expect(supervisor.revocations.isRevoked({ spiffeId: value })).toBe(true);
    expect(supervisor.revocations.isRevoked({ spiffeId: `${value}x` })).toBe(false);
    expect(supervisor.revocations.fresh()).toBe(true);
  });

  test('of two token services on one database tells the same', async () => {
    const tokens: string[] = [];
    await using second = await here.another();
    const verifier = await second.agentFor('worker');
    const stop = verifier.revocations.onRevoked((each) => tokens.push(each.value));
    await api.tokenService.revoke({ kind: 'token', value: 'over-there', reason: 'test' });
    await expect.poll(() => tokens, { timeout: 1_000 }).toEqual(['over-there']);
    stop();
    expect(verifier.revocations.isRevoked({ jti: 'over-there' })).toBe(true);
  });
});

/** A hand-written feed; each connection is one queue of frames. */
function handmadeFeed() {
  const connections: { after: number; send: (frame: FeedFrame) => void; cut: () => void }[] = [];
  const feed = async function* (after: number, signal: AbortSignal): AsyncGenerator<FeedFrame> {
    const queue: FeedFrame[] = [];
    let broken = false;
    let wake = Promise.withResolvers<void>();
    const poke = () => {
      wake.resolve();
      wake = Promise.withResolvers<void>();
    };
    signal.addEventListener('abort', poke);
    connections.push({
      after,
      send(frame) {
        queue.push(frame);
        poke();
      },
      cut() {
        broken = true;
        poke();
      },
    });
    for (;;) {
      for (const frame of queue.splice(0)) yield frame;
      if (broken || signal.aborted) throw platformFault('identity.token-service-unreachable', 'cut');
      await wake.promise;
    }
  };
  return { connections, feed };
}

describe('a follower', () => {
  const start = () => {
    const clock = new FakeClock();
    const { connections, feed } = handmadeFeed();
    const changed = { count: 0 };
    const followed = followRevocations({
      tokenService: { feed },
      clock,
      logger: silentLogger(),
      keysChanged: async () => {
        changed.count += 1;
      },
    });
    const connection = async (index: number) => {
      await expect
        .poll(() => {
          // Another one comes after half a second at most.
          if (index > 0) clock.advance(500);
          return connections[index];
        })
        .toBeDefined();
      return connections[index] as (typeof connections)[number];
    };
    return { clock, connection, followed, changed };
  };

  test('is not fresh before it has caught up, nor after three seconds of silence', async () => {
    const { clock, connection, followed } = start();
    await using _closing = followed;
    expect(followed.fresh()).toBe(false);
    const first = await connection(0);
    first.send({ type: 'revocation', revocation: revocation({ kind: 'token', value: 'a', seq: 7 }) });
    await expect.poll(() => followed.isRevoked({ jti: 'a' })).toBe(true);
    expect(followed.fresh()).toBe(false);
    first.send({ type: 'head', seq: 7 });
    await followed.ready(1_000);
    expect(followed.fresh()).toBe(true);
    clock.advance(3_000);
    expect(followed.fresh()).toBe(true);
    clock.advance(1);
    expect(followed.fresh()).toBe(false);
    first.send({ type: 'head', seq: 7 });
    await expect.poll(() => followed.fresh()).toBe(true);
  });

  test('catches up by number after the connection broke, and keeps what it knew meanwhile', async () => {
    const { clock, connection, followed } = start();
    await using _closing = followed;
    const first = await connection(0);
    expect(first.after).toBe(0);
    first.send({ type: 'revocation', revocation: revocation({ kind: 'token', value: 'a', seq: 3 }) });
    first.send({ type: 'head', seq: 5 });
    await followed.ready(1_000);
    first.cut();
    const second = await connection(1);
    expect(second.after).toBe(5);
    clock.advance(4_000);
    expect(followed.fresh()).toBe(false);
    expect(followed.isRevoked({ jti: 'a' })).toBe(true);
    second.send({ type: 'revocation', revocation: revocation({ kind: 'token', value: 'b', seq: 6 }) });
    second.send({ type: 'head', seq: 6 });
    await expect.poll(() => followed.fresh()).toBe(true);
    expect(followed.isRevoked({ jti: 'b' })).toBe(true);
  });

  test('reads everything again when the log went back, and forgets nothing', async () => {
    const { connection, followed } = start();
    await using _closing = followed;
    const first = await connection(0);
    first.send({ type: 'revocation', revocation: revocation({ kind: 'token', value: 'a', seq: 9 }) });
    first.send({ type: 'head', seq: 9 });
    await followed.ready(1_000);
    first.send({ type: 'head', seq: 2 });
    const second = await connection(1);
    expect(second.after).toBe(0);
    expect(followed.isRevoked({ jti: 'a' })).toBe(true);
  });

  test('fetches the keys when it is told that they changed', async () => {
    const { connection, followed, changed } = start();
    await using _closing = followed;
    (await connection(0)).send({ type: 'keys' });
    await expect.poll(() => changed.count).toBe(1);
  });

  test('says so when the feed cannot be reached in time', async () => {
    const { followed } = start();
    await using _closing = followed;
    await expect(followed.ready(20)).rejects.toMatchObject({ code: 'identity.token-service-unreachable' });
  });
});
