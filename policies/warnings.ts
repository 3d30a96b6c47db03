import { commandNames } from './commands.ts';
import type { GuildPolicy, GuildRule } from './guild-policy.ts';

/** What is known of a guild, for telling what a policy names there in vain. */
export interface GuildFacts {
  readonly id: string;
  readonly roles: ReadonlySet<string>;
  /** Channels of every kind, categories and known threads too. */
  readonly channels: ReadonlySet<string>;
}

export const warningCodes = ['unknown-role', 'unknown-channel', 'not-a-member', 'denied-anyway'] as const;

/** Something in a valid policy that does nothing, and probably was meant to. */
export interface PolicyWarning {
  /** Where in the document (RFC 6901). */
  readonly pointer: string;
  readonly code: (typeof warningCodes)[number];
  readonly detail: string;
}

/** What one document can bring about stays readable, and small. */
const maxWarnings = 100;

/**
 * What a policy says in vain: roles and channels that the guild does not have, and rules that others always outweigh.
 * Without facts about the guild, only the latter.
 */
export function warningsOf(policy: GuildPolicy, guild: GuildFacts | undefined): readonly PolicyWarning[] {
  const named = guild ? [...policy.rules.flatMap((rule, at) => inRule(rule, at, guild)), ...inDj(policy, guild)] : [];
  return [...named, ...deniedAnyway(policy, guild?.id)].slice(0, maxWarnings);
}

function inRule({ who, channels = [] }: GuildRule, at: number, guild: GuildFacts): PolicyWarning[] {
  const { roles = [], users = [] } = who;
  return [
    ...unknownRoles(roles, `/rules/${at}/who/roles`, guild),
    ...users.flatMap((id, index) => notAMember(id, `/rules/${at}/who/users/${index}`, guild)),
    ...channels.flatMap((id, index): PolicyWarning[] =>
      guild.channels.has(id)
        ? []
        : [
            {
              pointer: `/rules/${at}/channels/${index}`,
              code: 'unknown-channel',
              detail: `The bot sees no channel ${id} in this server, so the rule does not apply there. It may be deleted, private, or in another server.`,
            },
          ],
    ),
  ];
}

const inDj = ({ dj }: GuildPolicy, guild: GuildFacts): PolicyWarning[] =>
  unknownRoles(dj?.roles ?? [], '/dj/roles', guild);

const unknownRoles = (roles: readonly string[], pointer: string, guild: GuildFacts): PolicyWarning[] =>
  roles.flatMap((id, index): PolicyWarning[] =>
    id === guild.id || guild.roles.has(id)
      ? []
      : [
          {
            pointer: `${pointer}/${index}`,
            code: 'unknown-role',
            detail: `This server has no role ${id}, so nobody matches it. It may be deleted, or belong to another server.`,
          },
        ],
  );

function notAMember(id: string, pointer: string, { id: guild, roles, channels }: GuildFacts): PolicyWarning[] {
  const kind = id === guild ? 'this server' : roles.has(id) ? 'a role' : channels.has(id) ? 'a channel' : undefined;
  if (kind === undefined) return [];
  return [
    { pointer, code: 'not-a-member', detail: `${id} is the ID of ${kind}, not of a member, so nobody matches it.` },
  ];
}

/** Rules that allow what another denies to all of the same people, everywhere and always. */
function deniedAnyway({ rules }: GuildPolicy, guild: string | undefined): PolicyWarning[] {
  const denying = rules.filter(({ effect, channels, when }) => effect === 'deny' && !channels && !when);
  return rules.flatMap((rule, at): PolicyWarning[] => {
    if (rule.effect !== 'allow') return [];
    const above = commandsOf(rule).map((command) =>
      denying.find((deny) => commandsOf(deny).includes(command) && coversWho(deny.who, rule.who, guild)),
    );
    if (above.some((deny) => deny === undefined)) return [];
    const ids = [...new Set(above.flatMap((deny) => deny?.id ?? []))].join(', ');
    const detail = `This rule never applies: ${ids} denies the same commands to the same people, and deny wins.`;
    return [{ pointer: `/rules/${at}`, code: 'denied-anyway', detail }];
  });
}

const commandsOf = ({ commands }: GuildRule): readonly string[] => (commands === 'all' ? commandNames : commands);

/** Is everybody whom `inner` names also named by `outer`? */
function coversWho(outer: GuildRule['who'], inner: GuildRule['who'], guild: string | undefined): boolean {
  const roles: readonly string[] = outer.roles ?? [];
  if (outer.everyone || (guild !== undefined && roles.includes(guild))) return true;
  if (inner.everyone) return false;
  return (['roles', 'users', 'permissions'] as const).every((kind) => {
    const covered: readonly string[] = outer[kind] ?? [];
    return (inner[kind] ?? []).every((id) => covered.includes(id));
  });
}
