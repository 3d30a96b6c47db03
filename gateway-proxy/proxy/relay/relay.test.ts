import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, fetch } from 'undici';
import { expect, it } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { AttemptFailed } from './breaker.ts';
import { botOf, exchangeFor, guildOne, playerPath, tenantA } from '../checks/exchange.fixture.ts';
import { Relay } from './relay.ts';

/** What happens to a call to a healthy upstream whose caller leaves before or while it is forwarded. */
async function outcomeWhenCallerLeft(left: 'before' | 'never'): Promise<string> {
  const outcome = Promise.withResolvers<string>();
  const upstream = createServer((_request, response) => response.end('fine')).listen(0, '127.0.0.1');
  const forwarding = async (response: ServerResponse): Promise<void> => {
    if (left === 'before') {
      response.destroy();
      await once(response, 'close');
    }
    const relay = new Relay(
      exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantA, guildOne) }),
      response,
      { clock: systemClock, logger: silentLogger() },
      {
        answered: () => outcome.resolve('answered'),
        failed: (error) => outcome.resolve(error instanceof AttemptFailed ? error.fault : 'unknown'),
      },
    );
    const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    agent.dispatch({ origin, method: 'GET', path: '/' }, relay);
  };
  const agent = new Agent();
  const proxy = createServer((_request, response) => void forwarding(response)).listen(0, '127.0.0.1');
  await Promise.all([upstream, proxy].map((server) => server.listening || once(server, 'listening')));
  const called = fetch(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`).then(
    async (answer) => answer.text(),
    () => 'nothing',
  );
  try {
    return `${await outcome.promise}: ${await called}`;
  } finally {
    await agent.destroy();
    for (const server of [upstream, proxy]) server.close();
  }
}

it('a caller who left before the call was forwarded is no failure of the upstream, which the breaker would count', async () => {
  expect(await outcomeWhenCallerLeft('before')).toBe('abort: nothing');
});

it('a caller who waits is answered', async () => {
  expect(await outcomeWhenCallerLeft('never')).toBe('answered: fine');
});
