import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { tenantOf } from '#security/identity/guard.ts';
import { maxMemberQueryLength, mostGuildMembers, type guildMembersSchema } from '#tenants/instance-protocol/guilds.ts';
import type { Tenants } from '../tenants.ts';
import { guildOf } from './guild-routes.ts';

const asked = z.union([
  z.strictObject({ query: z.string().min(1).max(maxMemberQueryLength) }),
  z.strictObject({
    ids: z
      .string()
      .transform((ids) => ids.split(','))
      .pipe(z.array(snowflakeSchema).min(1).max(mostGuildMembers)),
  }),
]);

/** Members of a tenant's guilds, by name or by id. */
export function memberRoutes(app: HttpApp, { tenants }: { tenants: Tenants }): void {
  app.get(
    '/v1/tenants/:tenant/guilds/:guild/members',
    { config: { action: 'guild.members' }, exposeHeadRoute: false },
    async (request): Promise<z.infer<typeof guildMembersSchema>> => {
      const { id } = guildOf(tenants, request);
      const parsed = asked.safeParse(request.query);
      if (!parsed.success)
        throw callerFault('guild.members-query', `Send either a query or at most ${mostGuildMembers} ids.`, 400);
      const { members } = await tenants.edge(tenantOf(request));
      const found =
        'query' in parsed.data ? await members.search(id, parsed.data.query) : await members.named(id, parsed.data.ids);
      return { members: [...found] };
    },
  );
}
