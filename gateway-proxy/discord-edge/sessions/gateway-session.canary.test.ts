import { REST } from '@discordjs/rest';
import { SimpleShardingStrategy, type SessionInfo } from '@discordjs/ws';
import { expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { GatewayInformation, Manager } from './gateway-information.ts';

/** What gateway-session.ts relies on within @discordjs/ws beyond what its documentation says. */
const relied = (what: string) =>
  `@discordjs/ws ${what}: gateway-proxy/discord-edge/sessions/gateway-session.ts relies on it`;

test('the library builds its strategy with its manager, asks it for the gateway, and asks for the session before it connects', async () => {
  let asked = 0;
  const makeRequest = async () => {
    asked += 1;
    const limit = { total: 1, remaining: 0, reset_after: 0, max_concurrency: 1 };
    return Response.json({ url: 'ws://127.0.0.1:1', shards: 1, session_start_limit: limit });
  };
  const rest = new REST({ makeRequest }).setToken('unused');
  const ports = { rest, clock: systemClock, stopped: () => false, failed: () => undefined };
  const retrieved = Promise.withResolvers<void>();
  let strategy: SimpleShardingStrategy | undefined;
  const manager = new Manager(
    {
      token: 'unused',
      intents: 0,
      rest,
      shardCount: 1,
      shardIds: [0],
      retrieveSessionInfo: () => {
        retrieved.resolve();
        // As in a session that is stopped.
        return new Promise<SessionInfo | null>(() => undefined);
      },
      buildStrategy: (of) => (strategy = new SimpleShardingStrategy(of)),
    },
    new GatewayInformation(ports),
  );
  expect(strategy, relied('does not build its strategy in the constructor of its manager')).toBeDefined();
  await strategy?.spawn([0]);
  expect(await manager.getShardIds()).toEqual([0]);
  expect(asked, relied('does not ask its manager for the gateway when shards are made')).toBe(1);
  // No session may be started now, which its own connect would refuse before it looks for one to resume.
  void strategy?.connect();
  const late = new Promise((resolve) => systemClock.after(5_000, () => resolve('late')));
  expect(
    await Promise.race([retrieved.promise, late]),
    relied('connects without asking for the session to resume'),
  ).toBeUndefined();
  rest.clearHashSweeper();
  rest.clearHandlerSweeper();
});
