import { describe, expect, it } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { containing, sqlOf } from './narrowing.ts';
import { auditRecord } from './record.ts';

const record = auditRecord(
  {
    tenant: newTenantId(),
    kind: 'decision',
    action: 'player.enqueue',
    command: 'play',
    outcome: 'failed',
    actor: { type: 'bot', id: 'spiffe://test/bot' },
    onBehalfOf: { type: 'discord-member', id: '90351110224678914' },
    reason: 'player.member-not-in-voice',
    detail: { message: 'Größe "unbekannt"', attempts: 17, note: null },
  },
  0,
);

describe('a search', () => {
  it.each(['ENQUEUE', 'not-in-voice', '9035111', 'größe', 'GRÖSSE'.replace('SS', 'ß'), '"unbekannt"', '17', 'spiffe:'])(
    'finds %j among the values of a record',
    (words) => expect(containing(words).holds(record)).toBe(true),
  );

  it.each(['onBehalfOf', 'message":', record.tenant, '1970-01-01', 'stop'])('does not find %j', (words) =>
    expect(containing(words).holds(record)).toBe(false),
  );

  it('asks the database for the longest part that has one case only, as it stands in JSON', () => {
    const values: string[] = [];
    const sql = sqlOf(containing('é A "Quoted" ß'), (value) => `$${values.push(value)}`);
    expect(values).toEqual([' a \\"quoted\\" ']);
    expect(sql).toHaveLength(1);
    expect(containing('ß').terms).toEqual([]);
  });
});
