import { snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Obligations } from '#security/identity/obligations.ts';
import type { DiscordMember } from '#security/identity/transaction-token.ts';
import type { Action } from '#security/identity/actions.ts';
import { commandScopes, ruledCommands, type RuledCommand } from './commands.ts';
import { policyEnforcer } from './enforcer.ts';
import { defaultGuildPolicy, type GuildPolicy } from './guild-policy.ts';
import { versioned } from './compile.ts';
import { PolicyEvaluator } from './policy-evaluator.ts';
import type { Decision } from './request.ts';

/** A member to test a policy with. Omitted fields match nothing: no role, no permission, no channel. */
export interface Supposed {
  readonly user?: Snowflake | undefined;
  readonly roles?: readonly Snowflake[] | undefined;
  /** Discord's permission bits, as decimal text. */
  readonly permissions?: string | undefined;
  readonly channel?: Snowflake | undefined;
  readonly within?: readonly Snowflake[] | undefined;
  /** Alone in a voice channel with the bot. */
  readonly alone?: boolean | undefined;
}

/** The outcome for one command. */
export interface Cell {
  readonly command: RuledCommand;
  readonly allowed: boolean;
  /** The rule that decides; null if none mentions it. */
  readonly rule?: string;
  /** What the member would read. */
  readonly message: string;
  /** The obligations: a vote only, a maximum track length, … */
  readonly obligations?: Obligations;
}

/** An id that no user, channel or guild of Discord has. */
const nobody = snowflake('0');

/**
 * What a policy would allow a member: one decision for each command that a policy names, made as the decision point
 * makes them, by a separate evaluator. Nothing is stored, and none of these decisions is in force.
 */
export async function dryRun(
  policy: GuildPolicy,
  member: Supposed,
  { tenant, guild, atMs }: { readonly tenant: TenantId; readonly guild: Snowflake; readonly atMs: number },
): Promise<readonly Cell[]> {
  const evaluator = await evaluatorAside(policy, tenant, guild);
  const supposed = {
    kind: 'discord',
    guild,
    user: member.user ?? nobody,
    roles: member.roles ?? [],
    permissions: member.permissions ?? '0',
    channel: member.channel ?? nobody,
    ...(member.within?.length ? { within: member.within } : {}),
    ...(member.alone ? { alone: true as const } : {}),
    voiceChannel: null,
  } as const;
  return ruledCommands.map((command): Cell => {
    const [action] = commandScopes[command];
    const asked = { ...supposed, command };
    const workload = { kind: 'bot', tenant } as const;
    const decision = evaluator.evaluate({ tenant, workload, action, guild, member: asked }, atMs);
    const { allowed, rule, message, obligations } = decision;
    return {
      command,
      allowed,
      message,
      ...(rule === undefined ? {} : { rule }),
      ...(obligations ? { obligations } : {}),
    };
  });
}

/** Repeats the decision about a bot's call for a member, under the policy that was in force then. */
export async function replay(
  policy: GuildPolicy,
  {
    tenant,
    action,
    member,
    atMs,
  }: {
    readonly tenant: TenantId;
    readonly action: Action;
    readonly member: DiscordMember;
    readonly atMs: number;
  },
): Promise<Decision> {
  const { guild } = member;
  const evaluator = await evaluatorAside(policy, tenant, guild);
  return evaluator.evaluate({ tenant, workload: { kind: 'bot', tenant }, action, guild, member }, atMs);
}

async function evaluatorAside(policy: GuildPolicy, tenant: TenantId, guild: Snowflake): Promise<PolicyEvaluator> {
  const guilds = new Map([[guild, versioned(0, policy)]]);
  const policies = { domain: tenant, members: [], guilds, fallback: versioned(0, defaultGuildPolicy) };
  return new PolicyEvaluator('aside', policies, await policyEnforcer());
}
