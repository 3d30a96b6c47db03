import { describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { canonicalRequest } from './checks/canonical-request.ts';
import { botOf, guildOne, guildTwo, installation, peerOf, playerPath, tenantA } from './checks/exchange.fixture.ts';
import { findRoute } from './checks/route.ts';
import type { ConnectionMemory } from './connection-memory.ts';
import { Exchange } from './exchange.ts';
import { Grants } from './grants.ts';
import { routes } from './routes.ts';

const path = playerPath(tenantA, guildOne);
const headers = ['Host', 'proxy', 'Authorization', 'Bearer a'];

/** What the first two checks find in consecutive requests on the same connection. */
function connection() {
  const memory: ConnectionMemory = {};
  const peer = peerOf(botOf(tenantA));
  return {
    memory,
    send(url: string, rawHeaders: readonly string[] = headers, method = 'GET', httpVersion = '1.1') {
      const raw = { method, url, httpVersion, rawHeaders };
      const exchange = new Exchange(raw, { requestId: 'req_1', nowMs: 0, peer, remoteAddress: '192.0.2.1', memory });
      for (const run of [() => canonicalRequest.run(exchange, {}), () => findRoute.run(exchange, { routes })]) {
        const verdict = run();
        if (verdict instanceof Promise) throw new Error('these checks do not wait');
        if (!verdict.passed) return { exchange, refused: verdict.denial.code };
        exchange.add(verdict.found ?? {});
      }
      return { exchange, refused: undefined };
    },
  };
}

describe('what a connection remembers', () => {
  it('says of the same bytes the same again', () => {
    const { send } = connection();
    const first = send(path).exchange;
    const second = send(path, [...headers]).exchange;
    expect(second.headers).toBe(first.headers);
    expect(second).toMatchObject({
      path,
      params: { tenant: tenantA, guild: guildOne },
      route: { action: 'player.read' },
    });
  });

  it.each([
    ['another value', (): [string, string[]] => [path, ['Host', 'proxy', 'Authorization', 'Bearer b']]],
    ['another target', (): [string, string[]] => [playerPath(tenantA, guildTwo), headers]],
    ['another query', (): [string, string[]] => [`${path}?a=1`, headers]],
    ['one more header', (): [string, string[]] => [path, [...headers, 'accept', 'a/b']]],
  ])('says nothing of %s', (_name, other) => {
    const { send } = connection();
    const [url, rawHeaders] = other();
    send(path);
    const alone = connection().send(url, rawHeaders).exchange;
    const { exchange } = send(url, rawHeaders);
    expect([...exchange.headers]).toEqual([...alone.headers]);
    expect(exchange).toMatchObject({ path: alone.path, query: alone.query, params: alone.params });
  });

  it.each([
    [
      'a repeated header',
      path,
      [...headers, 'authorization', 'Bearer a'],
      'GET',
      '1.1',
      'canonical-request.repeated-header',
    ],
    ['a dot segment', `${path}/../x`, headers, 'GET', '1.1', 'canonical-request.dot-segment'],
    ['another method', path, headers, 'DELETE', '1.1', 'route.method'],
    ['an older version', path, headers, 'GET', '1.0', 'canonical-request.http-version'],
  ])('lets %s pass no more than it would otherwise', (_name, url, rawHeaders, method, httpVersion, code) => {
    const { send } = connection();
    expect(send(path).refused).toBeUndefined();
    expect(send(url, rawHeaders, method, httpVersion).refused).toBe(code);
    expect(send(url, rawHeaders, method, httpVersion).refused).toBe(code);
  });

  it('is nothing of a large header section', () => {
    const { send, memory } = connection();
    send(path, [...headers, 'x-large', 'x'.repeat(4 * 1024)]);
    expect(memory.canonical).toBeUndefined();
  });

  it('is no grant of another decision, nor one from before a revocation, nor an old one', async () => {
    const { send, memory } = connection();
    const clock = new FakeClock();
    let signed = 0;
    const grants = new Grants(
      {
        kid: 'key',
        installation,
        holder: 'spiffe://test/svc/gateway-proxy',
        sign: async () => `grant ${(signed += 1)}`,
      },
      clock,
    );
    const decision = { id: 'dec_1', allowed: true, reason: 'rule', version: '3', message: 'Allowed.' } as const;
    const grantFor = async (by: typeof decision | { id: string } = decision) => {
      const { exchange } = send(path);
      exchange.caller = botOf(tenantA);
      exchange.decision = by === decision ? decision : { ...decision, ...by };
      return grants.grantFor(exchange, 'audio');
    };
    expect(await grantFor()).toBe('grant 1');
    expect(await grantFor()).toBe('grant 1');
    expect(memory.grant?.value).toBe('grant 1');
    expect(await grantFor({ id: 'dec_2' })).toBe('grant 2');
    grants.forget();
    expect(await grantFor()).toBe('grant 3');
    expect(await grantFor()).toBe('grant 3');
    clock.advance(10_000);
    expect(await grantFor()).toBe('grant 4');
  });
});
