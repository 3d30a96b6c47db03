import { openDatabase } from '#infra/database/pool.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { commandScopes, type CommandName } from '#policies/commands.ts';
import { createDecisionPoint } from '#policies/decision-point.ts';
import { serve } from './subject.ts';

/* The platform's decision point, as gateway-proxy opens it, asked about a bot's call for a member. */
serve(async ({ databaseUrl = '' }) => {
  const database = openDatabase({ url: databaseUrl, maxConnections: 4 });
  const point = await createDecisionPoint({ database, logger: createLogger('bench', 'warn'), clock: systemClock });
  return async ({ tenant, member }) => {
    const action = commandScopes[member.command as CommandName][0];
    const workload = { kind: 'bot', tenant } as const;
    const { allowed, reason } = await point.decide({ tenant, workload, action, guild: member.guild, member });
    if (reason !== 'rule' && reason !== 'no-rule') throw new Error(`no decision: ${reason}`);
    return allowed;
  };
});
