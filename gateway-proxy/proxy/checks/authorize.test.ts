import { describe, expect, it } from 'vitest';
import type { Decision, DecisionRequest } from '#policies/request.ts';
import { authorize, questionOf } from './authorize.ts';
import { botOf, exchangeFor, guildOne, playerPath, serviceOf, tenantA } from './exchange.fixture.ts';

const decided = (decision: Partial<Decision>): Decision => ({
  id: 'dec_1',
  allowed: false,
  reason: 'rule',
  version: '7',
  message: 'The rules of this server do not let you use /skip here.',
  ...decision,
});

async function judge(decision: Partial<Decision>) {
  const asked: DecisionRequest[] = [];
  const exchange = exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantA, guildOne) });
  const decisions = {
    decide: async (request: DecisionRequest) => {
      asked.push(request);
      return decided(decision);
    },
  };
  return { verdict: await authorize.run(exchange, { decisions }), asked, exchange };
}

describe('authorize', () => {
  it('passes what is allowed, and keeps the decision', async () => {
    const { verdict, asked } = await judge({ allowed: true });
    expect(verdict).toMatchObject({ passed: true, found: { decision: { id: 'dec_1' } } });
    expect(asked).toEqual([{ workload: botOf(tenantA), action: 'player.read', tenant: tenantA, guild: guildOne }]);
  });

  it.each([
    ['rule', 'authorize.denied', 403],
    ['no-rule', 'authorize.denied', 403],
    ['unknown-tenant', 'authorize.unknown-tenant', 403],
    ['suspended', 'authorize.suspended', 403],
    ['other-guild', 'authorize.other-guild', 403],
    ['stale', 'authorize.stale', 503],
    ['failed', 'authorize.failed', 503],
  ] as const)('denies for the reason %s as %s', async (reason, code, status) => {
    const { verdict } = await judge({ reason });
    expect(verdict).toMatchObject({ passed: false, denial: { code, status } });
  });

  it('tells the member in a sentence, with rule and decision, and keeps the decision for the record', async () => {
    const { verdict, exchange } = await judge({ rule: 'dj-only' });
    expect(verdict).toMatchObject({
      passed: false,
      denial: { title: 'The rules of this server do not let you use /skip here.', rule: 'dj-only', decision: 'dec_1' },
    });
    expect(exchange.decision).toMatchObject({ rule: 'dj-only', version: '7' });
  });

  it('does not wait for a decision that is made at once', () => {
    const exchange = exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantA, guildOne) });
    const decisions = { decide: () => decided({ allowed: true, id: 'dec_2' }) };
    expect(authorize.run(exchange, { decisions })).toMatchObject({
      passed: true,
      found: { decision: { id: 'dec_2' } },
    });
  });

  it('asks about no guild and no tenant where the path names none', () => {
    const exchange = exchangeFor({
      caller: serviceOf('audio'),
      path: '/discord-edge/v1/replicas/rep_01m8n2qqemxdsdgb3vr1k0tf28/voice-events',
    });
    expect(questionOf(exchange)).toEqual({ workload: serviceOf('audio'), action: 'voice.events' });
  });
});
