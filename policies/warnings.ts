import { commandsIn, ruledCommands } from './commands.ts';
import type { GuildPolicy, GuildRule } from './guild-policy.ts';

/** The known facts about a guild, for finding what a policy names in vain. */
export interface GuildFacts {
  readonly id: string;
  readonly roles: ReadonlySet<string>;
  /** Channels of every kind, including categories and known threads. */
  readonly channels: ReadonlySet<string>;
}

export const warningCodes = ['unknown-role', 'unknown-channel', 'not-a-member', 'denied-anyway'] as const;

/** Something in a valid policy that has no effect, and was probably meant to. */
export interface PolicyWarning {
  /** Where in the document (RFC 6901). */
  readonly pointer: string;
  readonly code: (typeof warningCodes)[number];
  readonly detail: string;
}

/** Keeps the warnings about one document readable and few. */
const maxWarnings = 100;

/**
 * The parts of a policy without effect: roles and channels that the guild does not have, and rules that others always
 * override. Without facts about the guild, only the latter.
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

/** Rules that allow what another rule always denies to all of the same people everywhere. */
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

const commandsOf = ({ commands }: GuildRule): readonly string[] =>
  commands === 'all' ? ruledCommands : commandsIn(commands);

/** Whether everybody named by `inner` is also named by `outer`. */
function coversWho(outer: GuildRule['who'], inner: GuildRule['who'], guild: string | undefined): boolean {
  const roles: readonly string[] = outer.roles ?? [];
  if (outer.everyone || (guild !== undefined && roles.includes(guild))) return true;
  if (inner.everyone) return false;
  return (['roles', 'users', 'permissions'] as const).every((kind) => {
    const covered: readonly string[] = outer[kind] ?? [];
    return (inner[kind] ?? []).every((id) => covered.includes(id));
  });
}
