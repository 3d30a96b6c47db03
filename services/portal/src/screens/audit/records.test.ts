import { describe, expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { actorWords, exportedOf, meaningOf, membersIn, queryOf, withoutRetold } from './records.ts';

const tenant = newTenantId();
let index = 0;
const sealed = (more: Partial<AuditRecord>) => {
  index += 1;
  const record = auditRecord(
    {
      tenant,
      kind: 'decision',
      action: 'player.enqueue',
      outcome: 'allowed',
      actor: { type: 'bot', id: 'bot' },
      onBehalfOf: { type: 'discord-member', id: '7' },
      guild: '5',
      requestId: 'req_1',
      ...more,
    },
    0,
  );
  return { index, sealedAt: '2026-01-01T00:00:00.000Z', record };
};
const called = {
  people: (subject: string) => (subject === 'discord:1' ? 'Max' : undefined),
  member: (guild: string, user: string) => (guild === '5' && user === '7' ? 'Robin' : undefined),
};

describe('the screen', () => {
  test('asks for what people did unless everything is asked for', () => {
    expect(queryOf({ outcome: 'denied' })).toEqual({ outcome: 'denied', by: 'people' });
    expect(queryOf({ text: 'stop', show: 'everything' })).toEqual({ text: 'stop' });
  });

  test('exports by what an export knows', () => {
    expect(exportedOf({ text: 'stop', show: 'everything', outcome: 'denied' })).toEqual({ outcome: 'denied' });
  });
});

test('a command that failed is told once, by the record that says why', () => {
  const [allowed, failed] = [sealed({}), sealed({ outcome: 'failed' })];
  const others = [sealed({ requestId: 'req_2' }), sealed({ action: 'player.search' }), { ...sealed({}), record: null }];
  expect(withoutRetold([failed, allowed, ...others])).toEqual([failed, ...others]);
});

test('a member is called by the name that the server or the tenant knows, and by id otherwise', () => {
  expect(actorWords(sealed({}).record, called)).toBe('Robin');
  expect(actorWords(sealed({ guild: '6' }).record, called)).toBe('Member 7');
  expect(actorWords(sealed({ onBehalfOf: { type: 'discord-member', id: '1' } }).record, called)).toBe('Max');
  expect(actorWords(sealed({ onBehalfOf: { type: 'operator', id: 'operator:owner' } }).record, called)).toBe(
    'Operator',
  );
});

test('names are asked for members of servers alone', () => {
  const portal = sealed({ onBehalfOf: { type: 'tenant-member', id: 'discord:1' } });
  const erased = sealed({ onBehalfOf: { type: 'discord-member', id: 'erased' } });
  expect(membersIn([sealed({}), portal, erased, { ...portal, record: null }])).toEqual([{ guild: '5', user: '7' }]);
  expect(actorWords(erased.record, called)).toBe('A former member');
});

test('a failure says what the member was told; anything else what the action is', () => {
  const reason = 'player.member-not-in-voice';
  const message = 'Join a voice channel first.';
  expect(meaningOf(sealed({ outcome: 'failed', reason, detail: { message } }).record)).toBe(message);
  expect(meaningOf(sealed({ detail: { message } }).record)).toContain('add tracks');
  expect(meaningOf(sealed({ action: 'tenant.close', reason: 'unpaid' }).record)).toBe('unpaid');
});
