import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { helpQuestions } from './commands.ts';
import { replay } from './dry-run.ts';
import { reservedBy } from './compile.ts';
import { guildPolicySchema, type GuildPolicy } from './guild-policy.ts';
import { anyMember, anyMoment, anyPolicy } from './testing/any-policy.ts';
import { discordMember } from './testing/discord-member.ts';
import { evaluate } from './testing/evaluator.ts';

const guild = '900';

const isSkipReserved = ({ dj }: GuildPolicy): boolean => dj !== undefined && reservedBy(dj).includes('skip');

test('help names exactly the commands that the policy lets the member use, whoever and wherever they are', async () => {
  const counts = { named: 0, left: 0 };
  await fc.assert(
    fc.asyncProperty(anyPolicy, anyMember, anyMoment, async (document, member, atMs) => {
      const policy = guildPolicySchema.parse(document);
      const asking = discordMember({ ...member, guild }, 'help');
      const tenant = newTenantId();
      const { allowed, obligations } = await replay(policy, { tenant, action: 'help.read', member: asking, atMs });
      if (!allowed) return;
      const outcomes = helpQuestions.map(
        ([name, used]) => [name, evaluate(policy, { ...member, guild }, used, atMs)] as const,
      );
      const expected = outcomes.flatMap(([name, { allowed: may }]) => (may ? name : []));
      expect(obligations?.usable).toEqual(expected);
      const others = outcomes.filter(([, { allowed: may }]) => !may);
      expect(obligations?.denied?.map(({ command }) => command)).toEqual(others.map(([name]) => name));
      for (const { command, rule, by } of obligations?.denied ?? []) {
        const because = others.find(([name]) => name === command)?.[1].because ?? [];
        if (rule !== undefined) expect(because).toContain(rule);
        expect(by === 'managers').toBe(because.includes('manage-guild'));
        expect(by === 'djs').toBe(because[0] === 'dj' || (because[0] === 'vote-skip' && isSkipReserved(policy)));
      }
      counts.named += expected.length;
      counts.left += others.length;
    }),
    { numRuns: 200 },
  );
  expect(Math.min(counts.named, counts.left)).toBeGreaterThan(20);
});
