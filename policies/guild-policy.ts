import { z } from 'zod';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';
import { countOf, faultsOf } from '#infra/kernel/faults.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { categoryNames, commandsIn, ruledCommands } from './commands.ts';
import { whenSchema } from './hours.ts';
import { sourceNames } from './sources.ts';

const maxRules = 100;
/** Roles, users or channels that one list of a policy may name. */
export const maxSubjects = 50;
/**
 * Subjects × commands × channels, over all rules. Everybody bears a policy's cost: a decision evaluates each of its
 * lines, in the process that decides for all tenants.
 */
const maxLines = 1_000;

/**
 * What `all` and the DJs' commands count as: their number when documents were first stored. Commands that are added do
 * not make a stored document invalid.
 */
const countedAs = { all: 8, dj: 5 } as const;

const commandNames = [...ruledCommands, ...categoryNames] as const;
const commandSchema = z.enum(commandNames);

/** Discord permissions that a rule may name; a member with Administrator has all of them. */
export const permissionBits = {
  administrator: 1n << 3n,
  'manage-guild': 1n << 5n,
  'manage-channels': 1n << 4n,
  'manage-messages': 1n << 13n,
  'mute-members': 1n << 22n,
  'move-members': 1n << 24n,
} as const;
export type PermissionName = keyof typeof permissionBits;

const subjectsSchema = z
  .strictObject({
    everyone: z.literal(true).optional(),
    roles: z.array(snowflakeSchema).min(1).max(maxSubjects).optional(),
    users: z.array(snowflakeSchema).min(1).max(maxSubjects).optional(),
    permissions: z
      .array(z.enum(Object.keys(permissionBits) as [PermissionName, ...PermissionName[]]))
      .min(1)
      .max(6)
      .optional(),
  })
  .refine(
    (subjects) => Object.values(subjects).some((value) => value !== undefined),
    'must name everyone, or at least one role, user or permission',
  );

const ruleSchema = z.strictObject({
  /** Recorded in the audit log with each decision that it makes. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes'),
  effect: z.enum(['allow', 'deny']),
  who: subjectsSchema,
  /** Commands, and categories of them. */
  commands: z.union([z.literal('all'), z.array(commandSchema).min(1).max(commandNames.length)]),
  /** Text channels in which the rule applies; all if omitted. */
  channels: z.array(snowflakeSchema).min(1).max(maxSubjects).optional(),
  /** Hours and weekdays in which the rule applies; always if omitted. */
  when: whenSchema.optional(),
});

const quotasSchema = z
  .strictObject({
    /** Entries that one member may have in the queue. */
    maxQueuedPerMember: z.number().int().min(1).max(1_000).optional(),
    /** Maximum track length, in seconds; a live stream has no end and counts as longer. */
    maxTrackLengthSec: z
      .number()
      .int()
      .min(1)
      .max(24 * 60 * 60)
      .optional(),
  })
  .refine((quotas) => Object.values(quotas).some((value) => value !== undefined), 'sets no quota');

function linesOf({ who, commands, channels }: z.infer<typeof ruleSchema>): number {
  const subjects = [who.everyone ? 1 : 0, who.roles?.length ?? 0, who.users?.length ?? 0, who.permissions?.length ?? 0];
  const commandCount = commands === 'all' ? countedAs.all : commandsIn(commands).length;
  return subjects.reduce((sum, count) => sum + count, 0) * commandCount * (channels?.length ?? 1);
}

/** Rules created by a setting carry its name in decisions, so no other rule may use it. */
const namesOfSettings = { dj: 'dj', voteSkip: 'vote-skip' } as const;

/**
 * Permissions in one guild. Deny wins over allow whatever the order; what no rule mentions is decided by `otherwise`.
 * Data only: ids, names from closed lists, numbers; no patterns and no code. A field that was added later is optional,
 * so that documents of any age stay valid.
 */
export const guildPolicySchema = z
  .strictObject({
    rules: z.array(ruleSchema).max(maxRules),
    otherwise: z.enum(['allow', 'deny']),
    /**
     * DJs have one of these roles, or manage the server at Discord, or are alone with the bot. What is named under
     * `commands` is for them, and for nobody else unless a rule allows it; without it, that is `djCategories`. Quotas do
     * not apply to those with a role.
     */
    dj: z
      .strictObject({
        roles: z.array(snowflakeSchema).max(maxSubjects),
        commands: z.array(commandSchema).max(commandNames.length).optional(),
      })
      .optional(),
    /** Who may not skip alone votes: the track is skipped once this share of the listeners has requested it. */
    voteSkip: z.strictObject({ share: z.number().min(0.01).max(1) }).optional(),
    /** Only tracks of these sources. */
    sources: z.array(z.enum(sourceNames)).min(1).max(sourceNames.length).optional(),
    quotas: quotasSchema.optional(),
  })
  .superRefine((policy, context) => {
    const seen = new Set<string>();
    for (const [index, rule] of policy.rules.entries()) {
      if (seen.has(rule.id)) {
        context.addIssue({ code: 'custom', path: ['rules', index, 'id'], message: 'is used by an earlier rule' });
      }
      seen.add(rule.id);
    }
    for (const [setting, name] of Object.entries(namesOfSettings)) {
      const index = policy.rules.findIndex(({ id }) => id === name);
      if (index < 0 || policy[setting as keyof typeof namesOfSettings] === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: ['rules', index, 'id'],
        message: `is the name of the rule that \`${setting}\` makes`,
      });
    }
    const lines = policy.rules.reduce(
      (sum, rule) => sum + linesOf(rule),
      (policy.dj?.roles.length ?? 0) * countedAs.dj,
    );
    if (lines > maxLines) {
      const message = `expand to ${lines} combinations of subject, command and channel; at most ${maxLines} are allowed`;
      context.addIssue({ code: 'custom', path: ['rules'], message });
    }
  });

export type GuildPolicy = z.infer<typeof guildPolicySchema>;
export type GuildRule = GuildPolicy['rules'][number];

/** A music bot as its members expect it: everybody in the voice channel may use it. */
export const defaultGuildPolicy: GuildPolicy = { rules: [], otherwise: 'allow' };

/**
 * Reads a policy document from outside.
 * @throws BailiwickError policy.invalid with every fault and its location (JSON pointer); nothing is partly accepted.
 */
export function parseGuildPolicy(document: unknown): GuildPolicy {
  const parsed = guildPolicySchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error.issues);
}

function invalid(issues: readonly z.core.$ZodIssue[]): BailiwickError {
  const faults = faultsOf(issues);
  return callerFault('policy.invalid', `The policy has ${countOf(faults)}; nothing was changed.`, 422, faults);
}
