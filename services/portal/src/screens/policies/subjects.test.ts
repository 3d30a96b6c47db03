import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import { dryRun } from '#policies/dry-run.ts';
import { parseGuildPolicy } from '#policies/guild-policy.ts';
import { anyPolicy } from '#policies/testing/any-policy.ts';
import type { GuildPolicy, GuildRule } from '../../api/types.ts';
import { partAbout, stateOf, withCell, withEveryone, type CellState, type Command, type Subject } from './subjects.ts';

const commands = [
  'play',
  'pause',
  'resume',
  'skip',
  'stop',
  'queue',
  'nowplaying',
  'volume',
] as const satisfies Command[];
const subjects: readonly Subject[] = [
  { kind: 'everyone' },
  { kind: 'roles', id: '10' },
  { kind: 'roles', id: '11' },
  { kind: 'users', id: '20' },
  { kind: 'permissions', id: 'manage-guild' },
];

const who = fc
  .record(
    {
      everyone: fc.constant(true as const),
      roles: fc.uniqueArray(fc.constantFrom('10', '11'), { minLength: 1 }),
      users: fc.constant(['20']),
      permissions: fc.constant(['manage-guild']),
    },
    { requiredKeys: [] },
  )
  .filter((value) => Object.keys(value).length > 0);
const rule = fc.record(
  {
    effect: fc.constantFrom('allow', 'deny'),
    who,
    commands: fc.oneof(fc.constant('all'), fc.uniqueArray(fc.constantFrom(...commands), { minLength: 1 })),
    channels: fc.constant(['30']),
  },
  { requiredKeys: ['effect', 'who', 'commands'] },
);
const policy = fc
  .record({ rules: fc.array(rule, { maxLength: 6 }), otherwise: fc.constantFrom('allow', 'deny') })
  .map(
    ({ rules, otherwise }) =>
      ({ otherwise, rules: rules.map((each, at) => ({ id: `r${at}`, ...each })) }) as GuildPolicy,
  );
const cell = fc.record({
  subject: fc.constantFrom(...subjects),
  command: fc.constantFrom(...commands),
  state: fc.constantFrom<CellState>('allow', 'deny', 'inherit'),
});

const matrixOf = (of: GuildPolicy) =>
  subjects.map((subject) => commands.map((command) => stateOf(of, subject, command)));

test('a cell that is said anew says it, and no other cell changes', () => {
  fc.assert(
    fc.property(policy, cell, (before, { subject, command, state }) => {
      const expected = matrixOf(before);
      const row = expected[subjects.indexOf(subject)];
      if (row) row[commands.indexOf(command)] = state;
      expect(matrixOf(withCell(before, subject, command, state, commands))).toEqual(expected);
    }),
  );
});

test('rules with channels stay as they are, every rule names somebody, and no two have one name', () => {
  fc.assert(
    fc.property(policy, fc.array(cell, { maxLength: 8 }), (before, cells) => {
      const after = cells.reduce(
        (current, { subject, command, state }) => withCell(current, subject, command, state, commands),
        before,
      );
      const special = (rules: readonly GuildRule[]) => rules.filter(({ channels }) => channels);
      expect(special(after.rules)).toEqual(special(before.rules));
      expect(new Set(after.rules.map(({ id }) => id)).size).toBe(after.rules.length);
      for (const { who } of after.rules) expect(Object.keys(who)).not.toEqual([]);
    }),
  );
});

test("@everyone's role is the row of everyone", () => {
  const of = (roles: string[], everyone?: true): GuildPolicy => ({
    rules: [{ id: 'r', effect: 'deny', who: { roles, ...(everyone && { everyone }) }, commands: ['stop'] }],
    otherwise: 'allow',
  });
  expect(stateOf(withEveryone(of(['9', '10']), '9'), { kind: 'everyone' }, 'stop')).toBe('deny');
  expect(withEveryone(of(['9', '10']), '9')).toEqual(of(['10'], true));
  expect(withEveryone(of(['10']), '9')).toEqual(of(['10']));
});

test('what is asked about a row decides as the whole policy does, about whoever holds that role alone', async () => {
  const place = { tenant: newTenantId(), guild: snowflake('9') };
  const rows: readonly Subject[] = [
    { kind: 'everyone' },
    ...['1', '2', '3'].map((id) => ({ kind: 'roles', id }) as const),
  ];
  const said = (of: unknown, subject: Subject, atMs: number) =>
    dryRun(
      parseGuildPolicy(of),
      { roles: subject.kind === 'roles' ? [snowflake(subject.id)] : [] },
      { ...place, atMs },
    ).then((cells) => cells.map(({ command, allowed, rule }) => ({ command, allowed, rule })));
  const week = fc.integer({ min: Date.UTC(2026, 2, 25), max: Date.UTC(2026, 3, 1) });
  const property = fc.asyncProperty(anyPolicy, fc.constantFrom(...rows), week, async (of, subject, atMs) => {
    const part = partAbout(of, subject);
    expect(await said(part, subject, atMs)).toEqual(await said(of, subject, atMs));
  });
  await fc.assert(property, { numRuns: 60 });
});
