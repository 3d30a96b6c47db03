import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newTenantId } from '#infra/kernel/ids.ts';
import { ruledCommands } from './commands.ts';
import { replay } from './dry-run.ts';
import { guildPolicySchema } from './guild-policy.ts';
import { anyMember, anyMoment, anyPolicy } from './testing/any-policy.ts';
import { discordMember } from './testing/discord-member.ts';
import { evaluate } from './testing/evaluator.ts';

const guild = '900';

test('help names exactly the commands that the policy lets the member use, whoever and wherever they are', async () => {
  const counts = { named: 0, left: 0 };
  await fc.assert(
    fc.asyncProperty(anyPolicy, anyMember, anyMoment, async (document, member, atMs) => {
      const policy = guildPolicySchema.parse(document);
      const asking = discordMember({ ...member, guild }, 'help');
      const tenant = newTenantId();
      const { allowed, obligations } = await replay(policy, { tenant, action: 'help.read', member: asking, atMs });
      if (!allowed) return;
      const expected = ruledCommands.filter((command) => evaluate(policy, { ...member, guild }, command, atMs).allowed);
      const manages = evaluate(policy, { ...member, guild }, 'settings change', atMs).allowed;
      expect(obligations?.usable).toEqual([...expected, ...(manages ? ['manage'] : [])]);
      const usable = new Set(obligations?.usable);
      const others = [...ruledCommands, 'manage'].filter((command) => !usable.has(command));
      expect(obligations?.denied?.map(({ command }) => command)).toEqual(others);
      for (const { command, rule, by } of obligations?.denied ?? []) {
        const { because } = evaluate(
          policy,
          { ...member, guild },
          command === 'manage' ? 'settings change' : command,
          atMs,
        );
        if (rule !== undefined) expect(because).toContain(rule);
        expect(by === 'managers').toBe(because.includes('manage-guild'));
      }
      counts.named += expected.length;
      counts.left += ruledCommands.length - expected.length;
    }),
    { numRuns: 200 },
  );
  expect(Math.min(counts.named, counts.left)).toBeGreaterThan(20);
});
