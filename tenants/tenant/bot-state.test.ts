import { describe, expect, it } from 'vitest';
import { botState, botStateKinds, type BotFacts } from './bot-state.ts';

const tenant: BotFacts['tenant'] = { status: 'active', reason: null, applicationId: '1' };
const session: NonNullable<BotFacts['session']> = { status: 'connected', guilds: 1 };
const instance: NonNullable<BotFacts['instance']> = { desired: 'running', state: 'ready' };
const well: BotFacts = { tenant, session, instance };
const endpoint = {
  code: 'interactions-endpoint-set',
  affects: 'commands',
  sentence: 'An interactions endpoint URL is set.',
} as const;
const codeGrant = {
  code: 'code-grant-required',
  affects: 'invitation',
  sentence: 'The invitation does not work.',
} as const;

const content = {
  code: 'message-content-missing',
  affects: 'requests',
  sentence: 'It cannot read messages.',
} as const;

const cases: readonly (readonly [string, Partial<BotFacts>, { kind: string; sentence?: RegExp }])[] = [
  ['all is well', {}, { kind: 'ready' }],
  ['it has no token', { tenant: { ...tenant, status: 'created', applicationId: null } }, { kind: 'not-set-up' }],
  [
    'it is suspended, whatever still runs',
    { tenant: { ...tenant, status: 'suspended', reason: 'Unpaid.' } },
    { kind: 'suspended', sentence: /Unpaid\./ },
  ],
  ['it is being deleted', { tenant: { ...tenant, status: 'deleting' } }, { kind: 'deleting' }],
  ['the edge cannot be asked', { session: null }, { kind: 'unreachable' }],
  ['the supervisor cannot be asked', { instance: null }, { kind: 'unreachable' }],
  [
    'Discord refuses it and the supervisor cannot be asked',
    { session: { ...session, status: 'failed', reason: 'Bad token.' }, instance: null },
    { kind: 'failed', sentence: /Bad token/ },
  ],
  [
    'its process is given up',
    { instance: { desired: 'running', state: 'failed', reason: 'It crashed.' } },
    { kind: 'failed', sentence: /crashed/ },
  ],
  ['nobody wants it running', { instance: { desired: 'stopped', state: 'stopped' } }, { kind: 'stopped' }],
  ['its process waits to be restarted', { instance: { ...instance, state: 'backing-off' } }, { kind: 'degraded' }],
  [
    'it starts',
    { instance: { ...instance, state: 'starting' }, session: { ...session, status: 'connecting' } },
    { kind: 'starting', sentence: /connecting/ },
  ],
  ['it reconnects', { session: { ...session, status: 'connecting' } }, { kind: 'degraded', sentence: /connection/ }],
  ['its process runs without a session', { session: { ...session, status: 'none' } }, { kind: 'degraded' }],
  [
    'commands go elsewhere',
    { session: { ...session, findings: [codeGrant, endpoint] } },
    { kind: 'degraded', sentence: /endpoint/ },
  ],
  [
    'its process says that it is not well',
    { instance: { ...instance, state: 'degraded', reason: 'No commands.' } },
    { kind: 'degraded', sentence: /No commands/ },
  ],
  ['it was kicked from its last server', { session: { ...session, guilds: 0 } }, { kind: 'not-in-any-server' }],
  [
    'nobody can invite it',
    { session: { ...session, guilds: 0, findings: [codeGrant] } },
    { kind: 'not-in-any-server', sentence: /invitation/ },
  ],
  [
    'it works but cannot read its request channels',
    { session: { ...session, findings: [content] } },
    { kind: 'ready', sentence: /answers commands\. It cannot read/ },
  ],
  ['it works but nobody new can invite it', { session: { ...session, findings: [codeGrant] } }, { kind: 'ready' }],
  [
    'Discord has an outage of its only server',
    { session: { ...session, guilds: 0, unavailableGuilds: 1 } },
    { kind: 'degraded', sentence: /unavailable at Discord/ },
  ],
];

describe('botState', () => {
  it.each(cases)('when %s', (_when, change, { kind, sentence }) => {
    const told = botState({ ...well, ...change });
    expect(told.kind).toBe(kind);
    expect(told.sentence).toMatch(sentence ?? /\.$/);
    expect(told.label.length).toBeGreaterThan(0);
  });

  it('has a case here for each kind', () => {
    expect(new Set(cases.map(([, , { kind }]) => kind))).toEqual(new Set(botStateKinds));
  });
});
