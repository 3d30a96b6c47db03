import fc from 'fast-check';
import pg from 'pg';
import { expect, test } from 'vitest';
import { openDatabase } from '#infra/database/pool.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testDatabase } from '#test/database.ts';
import { commandScopes, ruledCommands } from './commands.ts';
import { createDecisionPoint } from './decision-point.ts';
import { dryRun } from './dry-run.ts';
import { evaluate } from './testing/evaluator.ts';
import { guildPolicySchema, type GuildPolicy } from './guild-policy.ts';
import { anyMember, anyMoment, anyPolicy } from './testing/any-policy.ts';

const guild = snowflake('900');
const [policies, members] = [30, 8];

test('shows in every cell what the decision point decides, and what the policy means, for members × commands', async () => {
  await using database = await testDatabase('proxy');
  const documents = fc.sample(anyPolicy, policies).map((document) => guildPolicySchema.parse(document));
  const tenants = new Map(documents.map((policy): [TenantId, GuildPolicy] => [newTenantId(), policy]));
  await store(database.adminUrl, tenants);
  await using own = openDatabase({ url: database.url, maxConnections: 3 });
  const clock = new FakeClock(fc.sample(anyMoment, 1)[0]);
  await using point = await createDecisionPoint({ database: own, logger: silentLogger(), clock });
  let allowedCells = 0;
  let cells = 0;
  for (const [tenant, policy] of tenants) {
    for (const { user, channel, within, roles, permissions } of fc.sample(anyMember, members)) {
      const member = {
        user: snowflake(user),
        channel: snowflake(channel),
        within: within.map(snowflake),
        roles: roles.map(snowflake),
        permissions,
      };
      for (const { command, ...shown } of await dryRun(policy, member, { tenant, guild, atMs: clock.now() })) {
        const decided = await point.decide({
          tenant,
          workload: { kind: 'bot', tenant },
          action: commandScopes[command][0],
          guild,
          member: { kind: 'discord', guild, voiceChannel: null, command, ...member },
        });
        const where = JSON.stringify({ policy, member, command });
        expect(shown, where).toEqual({
          allowed: decided.allowed,
          message: decided.message,
          ...(decided.rule === undefined ? {} : { rule: decided.rule }),
          ...(decided.obligations ? { obligations: decided.obligations } : {}),
        });
        expect(shown.allowed, where).toBe(evaluate(policy, { ...member, guild }, command, clock.now()).allowed);
        cells += 1;
        allowedCells += shown.allowed ? 1 : 0;
      }
    }
  }
  expect(cells).toBe(policies * members * ruledCommands.length);
  expect(allowedCells).toBeGreaterThan(0);
  expect(allowedCells).toBeLessThan(cells);
});

async function store(adminUrl: string, tenants: ReadonlyMap<TenantId, GuildPolicy>): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  for (const [tenant, policy] of tenants) {
    await admin.query("insert into tenant (id, name, status) values ($1, 'T', 'active')", [tenant]);
    await admin.query('insert into policy_version (tenant_id) values ($1)', [tenant]);
    await admin.query(
      "insert into guild_policy (tenant_id, guild_id, version, document, author) values ($1, $2, 1, $3, 'test')",
      [tenant, guild, policy],
    );
  }
  await admin.end();
}
