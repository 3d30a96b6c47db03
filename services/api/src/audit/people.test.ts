import { expect, it } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { byPeople } from './people.ts';

const bot = { type: 'bot', id: 'bot' } as const;
const api = { type: 'service', id: 'api' } as const;
const member = { type: 'discord-member', id: '1' } as const;
const customer = { type: 'tenant-member', id: 'discord:2' } as const;
const read = { method: 'GET' };

const cases: readonly [string, Partial<AuditRecord> & Pick<AuditRecord, 'actor' | 'action'>, boolean][] = [
  ["a member's command", { actor: bot, onBehalfOf: member, action: 'player.skip', command: 'skip' }, true],
  [
    'a command that looks',
    { actor: bot, onBehalfOf: member, action: 'player.read', command: 'queue', detail: read },
    true,
  ],
  [
    'suggestions while typing',
    { actor: bot, onBehalfOf: member, action: 'player.search', command: 'play', detail: read },
    false,
  ],
  ['a page of the portal', { actor: api, onBehalfOf: customer, action: 'player.read', detail: read }, false],
  ['a button of the portal', { actor: api, onBehalfOf: customer, action: 'player.pause' }, true],
  ['a change of a policy', { actor: customer, action: 'policy.write', kind: 'change', outcome: 'succeeded' }, true],
  ['a refused look', { actor: customer, action: 'audit.read', outcome: 'denied' }, true],
  ["the bot's own calls", { actor: bot, action: 'discord.rest' }, false],
  ['the platform', { actor: api, action: 'instance.start' }, false],
];

it.each(cases)('tells whether it is what people did: %s', (_what, event, expected) => {
  const record = auditRecord({ tenant: newTenantId(), kind: 'decision', outcome: 'allowed', ...event }, 0);
  expect(byPeople.holds(record)).toBe(expected);
});
