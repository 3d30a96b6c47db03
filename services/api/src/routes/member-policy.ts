import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { isDeepStrictEqual } from 'node:util';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, hasCode } from '#infra/kernel/errors.ts';
import type { InstallationId, Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { GuildPolicyVersion, PolicyStore } from '#policies/policy-store.ts';
import { auditRecord } from '#security/audit/record.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Grant } from '#security/identity/grant.ts';
import { spiffeId } from '#security/identity/spiffe.ts';
import type { DiscordMember } from '#security/identity/transaction-token.ts';
import { policyChangeSchema, type PolicyChange, type ServerPolicy } from '#services/contracts/server-policy.ts';
import { changedByMember } from '../policies/change-by-member.ts';

interface MemberPolicyPorts {
  readonly policies: Pick<PolicyStore, 'current' | 'replace'>;
  readonly installation: InstallationId;
  readonly clock: Clock;
}

const path = '/v1/tenants/:tenant/guilds/:guild/bot/policy';
/** How often a change is made again on what somebody else has saved meanwhile. */
const attempts = 3;

/**
 * A server's policy for its members at Discord, through the bot: routes behind the guard, which no public caller
 * reaches. Who may was decided on the way here. A change is made on the version that was read, and repeating it changes
 * nothing.
 */
export function memberPolicyRoutes(app: HttpApp, ports: MemberPolicyPorts): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.get(path, { config: { action: 'policy.read' }, schema: { hide: true } }, async ({ grant }) =>
    shown(await ports.policies.current(...guildOf(grant))),
  );
  routes.post(
    `${path}/change`,
    { config: { action: 'policy.write' }, schema: { hide: true, body: policyChangeSchema } },
    async ({ grant, body }) => shown(await change(ports, grant, body)),
  );
}

async function change(ports: MemberPolicyPorts, grant: Grant, request: PolicyChange): Promise<GuildPolicyVersion> {
  const [tenant, guild] = guildOf(grant);
  const member = memberOf(grant);
  for (let left = attempts; ; left -= 1) {
    const current = await ports.policies.current(tenant, guild);
    const document = changedByMember(current.policy, request);
    if (isDeepStrictEqual(document, current.policy)) return current;
    try {
      return await ports.policies.replace({
        tenant,
        guild,
        document,
        author: `discord:${member.user}`,
        expected: current.version,
        audit: (version) => recordOf(ports, grant, member, version),
      });
    } catch (error) {
      if (left === 1 || !hasCode(error, 'policy.conflict')) throw error;
    }
  }
}

const recordOf = ({ installation, clock }: MemberPolicyPorts, grant: Grant, member: DiscordMember, version: number) =>
  auditRecord(
    {
      tenant: tenantOf({ grant }),
      kind: 'change',
      action: grant.action,
      outcome: 'succeeded',
      actor: { type: 'bot', id: spiffeId(installation, grant.caller) },
      onBehalfOf: { type: 'discord-member', id: member.user },
      guild: member.guild,
      channel: member.channel,
      command: member.command,
      target: `guild:${member.guild}`,
      decision: grant.decision,
      requestId: grant.requestId,
      ...(grant.transaction === undefined ? {} : { transaction: grant.transaction }),
      detail: { version },
    },
    clock.now(),
  );

const shown = ({ policy, version }: GuildPolicyVersion): ServerPolicy => ({ policy, version });

function guildOf(grant: Grant): [TenantId, Snowflake] {
  return [tenantOf({ grant }), memberOf(grant).guild];
}

function memberOf({ member }: Grant): DiscordMember {
  if (member?.kind === 'discord') return member;
  throw callerFault('policy.members-only', 'Only members in Discord can do this.', 403);
}
