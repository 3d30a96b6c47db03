import { expect, test } from 'vitest';
import { newId, newTenantId } from '#infra/kernel/ids.ts';
import { guildPolicySchema } from '#policies/guild-policy.ts';
import type { GuildPolicyVersion, PolicyStore } from '#policies/policy-store.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { explainDecision } from './explanation.ts';

const tenant = newTenantId();
const atMs = Date.parse('2026-11-25T12:00:00Z');
const versionOf = (version: number, policy: unknown): GuildPolicyVersion => ({
  version,
  policy: guildPolicySchema.parse(policy),
  author: 'discord:1',
  createdAt: new Date(0),
});
/** Two versions; the first was in force at `atMs`. */
const store: Pick<PolicyStore, 'version' | 'asOf'> = {
  version: async (_tenant, _guild, version) =>
    version === 1
      ? versionOf(1, { rules: [], otherwise: 'deny', dj: { roles: ['7'] } })
      : versionOf(2, { rules: [], otherwise: 'allow' }),
  asOf: async () => versionOf(1, { rules: [], otherwise: 'deny', dj: { roles: ['7'] } }),
};
const recorded = (more: Partial<AuditRecord>): AuditRecord =>
  auditRecord(
    {
      tenant,
      kind: 'decision',
      action: 'player.stop',
      outcome: 'denied',
      reason: 'authorize.denied',
      actor: { type: 'bot', id: 'spiffe://x/tenant/t/bot' },
      onBehalfOf: { type: 'discord-member', id: '5' },
      guild: '900',
      channel: '6',
      command: 'stop',
      decision: newId('dec', atMs),
      policyVersion: '3.8',
      ...more,
    },
    atMs,
  );
const explained = (more: Partial<AuditRecord>) => explainDecision(store, tenant, { record: recorded(more) }, atMs);

test('makes it again under the version that its record names, and tries what would have allowed it', async () => {
  expect(await explained({ detail: { guildPolicyVersion: 1, permissions: '0' } })).toMatchObject({
    allowed: false,
    check: 'authorize',
    replay: {
      policyVersion: 1,
      allowed: false,
      rule: null,
      message: 'Only DJs of this server may use /stop.',
      agrees: true,
    },
    wouldAllow: [{ kind: 'role', id: '7' }, { kind: 'permission', permission: 'manage-guild' }, { kind: 'alone' }],
  });
});

test('takes the version of that moment for a record from before versions were recorded', async () => {
  expect(await explained({})).toMatchObject({ replay: { policyVersion: 1, agrees: true } });
});

test('says so when it does not come to the same', async () => {
  expect(await explained({ detail: { guildPolicyVersion: 2 } })).toMatchObject({
    allowed: false,
    replay: { policyVersion: 2, allowed: true, rule: 'otherwise', agrees: false },
  });
});

test('tells a call that was allowed and then limited from one that was denied', async () => {
  const detail = { guildPolicyVersion: 1, permissions: '0', roles: '7,8' };
  expect(await explained({ reason: 'limit.in-flight', rule: 'dj', detail })).toMatchObject({
    allowed: true,
    check: 'limit',
    reason: 'limit.in-flight',
    facts: { roles: ['7', '8'] },
    replay: { allowed: true, rule: 'dj', agrees: true },
    wouldAllow: [],
  });
});

test('has nothing to make again for a call that was made for nobody', async () => {
  const { onBehalfOf: _nobody, guild: _none, command: _neither, ...record } = recorded({ action: 'gateway.send' });
  expect(await explainDecision(store, tenant, { record }, atMs)).toMatchObject({
    facts: { workload: { type: 'bot' }, member: null, guild: null },
    replay: null,
    wouldAllow: [],
  });
});

test('tries no policy where none decided: a suspended bot is not helped by a role', async () => {
  const detail = { guildPolicyVersion: 1, permissions: '0', roles: '7' };
  expect(await explained({ reason: 'authorize.suspended', detail })).toMatchObject({
    allowed: false,
    reason: 'authorize.suspended',
    facts: { roles: ['7'], permissions: '0' },
    replay: null,
    wouldAllow: [],
  });
});

test('tells of an allowed command why it failed, as often as it did', async () => {
  const record = recorded({ outcome: 'allowed' });
  const failed = recorded({
    outcome: 'failed',
    reason: 'player.queue-full',
    detail: { message: 'The queue is full.' },
  });
  const explanation = await explainDecision(store, tenant, { record, failures: [failed] }, atMs);
  expect(explanation.failures).toEqual([
    { at: failed.time, reason: 'player.queue-full', message: 'The queue is full.', record: failed.id },
  ]);
});
