import { describe, expect, it } from 'vitest';
import { denialAnswer } from './answer.ts';
import { botOf, exchangeFor, guildOne, playerPath, tenantA } from '../checks/exchange.fixture.ts';
import { denial } from './denials.ts';

const player = exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantA, guildOne) });
const rest = exchangeFor({ caller: botOf(tenantA), path: `/discord-edge/v1/tenants/${tenantA}/rest/users/@me` });

describe('the answer to a refused request', () => {
  it('is problem+json with code, sentence, rule and decision', () => {
    const answer = denialAnswer(
      player,
      denial('authorize.denied', { title: 'Only DJs may skip.', rule: 'dj', decision: 'dec_1' }),
    );
    expect(answer).toMatchObject({ status: 403, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(answer.body)).toEqual({
      type: 'urn:bailiwick:problem:authorize.denied',
      title: 'Only DJs may skip.',
      status: 403,
      code: 'authorize.denied',
      rule: 'dj',
      decision: 'dec_1',
      requestId: player.requestId,
    });
  });

  it('is a 401 for a caller without a token, but never where a Discord client would forget its token on it', () => {
    const code = 'authenticate.missing';
    expect(denialAnswer(player, denial(code)).status).toBe(401);
    const answer = denialAnswer(rest, denial(code));
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(JSON.parse(answer.body)).toEqual({ message: expect.stringContaining(code), code: 0 });
  });

  it("tells a Discord client when to come back in Discord's own words", () => {
    const answer = denialAnswer(rest, denial('limit.rate', { retryAfterSec: 3 }));
    expect(answer).toMatchObject({
      status: 429,
      headers: { 'retry-after': '3', 'x-bailiwick-refused': 'limit.rate' },
    });
    expect(JSON.parse(answer.body)).toMatchObject({ retry_after: 3, global: false, code: 0 });
  });

  it('tells of the limit that was reached, of a rate and of what runs at the same time', () => {
    const rate = { policy: 'address', quota: 120, windowSec: 4, left: 0, resetSec: 2 };
    expect(denialAnswer(player, denial('limit.rate', { retryAfterSec: 2, limit: rate })).headers).toMatchObject({
      'retry-after': '2',
      'ratelimit-policy': '"address";q=120;w=4',
      ratelimit: '"address";r=0;t=2',
    });
    const streams = { policy: 'streams', quota: 4, left: 0 };
    expect(denialAnswer(player, denial('limit.streams', { retryAfterSec: 1, limit: streams })).headers).toMatchObject({
      'ratelimit-policy': '"streams";q=4;qu="concurrent-requests"',
      ratelimit: '"streams";r=0',
    });
  });

  it.each([
    ['canonical-request.dot-segment', 400],
    ['route.unknown', 404],
    ['route.method', 405],
    ['authenticate.expired', 401],
    ['authenticate.not-fresh', 503],
    ['tenancy.other-tenant', 403],
    ['on-behalf-of.out-of-scope', 403],
    ['authorize.stale', 503],
    ['limit.rate', 429],
    ['forward.breaker-open', 503],
    ['forward.timeout', 504],
    ['record.failed', 503],
  ] as const)('says %s as %i', (code, status) => {
    expect(denialAnswer(player, denial(code)).status).toBe(status);
  });
});
