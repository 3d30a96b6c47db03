import { newTenantId, snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { ruledCommands, type RuledCommand } from '#policies/commands.ts';
import { permissionBits, type GuildPolicy, type GuildRule, type PermissionName } from '#policies/guild-policy.ts';
import type { DiscordMember } from '#security/identity/transaction-token.ts';

/** A tenant with one guild and its policy. */
export interface BenchTenant {
  readonly id: TenantId;
  readonly guild: Snowflake;
  readonly policy: GuildPolicy;
}

/** A member who uses a command in a tenant's guild. */
export interface Question {
  readonly tenant: TenantId;
  readonly member: DiscordMember;
}

const rules = 100;
const ids = (from: number, count: number): Snowflake[] =>
  Array.from({ length: count }, (_, index) => snowflake(String(80_351_110_224_600_000n + BigInt(from + index))));
const [roles, users, channels] = [ids(1_000, 40), ids(2_000, 200), ids(3_000, 20)];
const permissions = Object.keys(permissionBits) as PermissionName[];
export const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo'] as const;

const below = (limit: number): number => Math.floor(Math.random() * limit);
const chance = (share: number): boolean => Math.random() < share;
const some = <Item>(items: readonly Item[], most: number): Item[] => {
  const from = below(items.length);
  return Array.from({ length: 1 + below(most) }, (_, index) => items[(from + index) % items.length] as Item);
};

/** Most rules are about roles, a fifth deny, two fifths name channels and a fifth has hours. */
export function newTenant(): BenchTenant {
  const policy: GuildPolicy = {
    rules: Array.from({ length: rules }, (_, index) => newRule(index)),
    otherwise: chance(0.5) ? 'allow' : 'deny',
  };
  return { id: newTenantId(), guild: snowflake(String(900_000_000_000_000_000n + BigInt(below(2 ** 40)))), policy };
}

function newRule(index: number): GuildRule {
  const hour = String(below(24)).padStart(2, '0');
  return {
    id: `rule-${index}`,
    effect: chance(0.2) ? 'deny' : 'allow',
    who: newSubjects(),
    commands: chance(0.05) ? 'all' : some(ruledCommands, 3),
    ...(chance(0.4) ? { channels: some(channels, 3) } : {}),
    ...(chance(0.2)
      ? { when: { zone: zones[below(3)] ?? zones[0], hours: { from: `${hour}:00`, to: `${hour}:45` } } }
      : {}),
  };
}

function newSubjects(): GuildRule['who'] {
  const kind = Math.random();
  if (kind < 0.6) return { roles: some(roles, 3) };
  if (kind < 0.75) return { users: some(users, 3) };
  return kind < 0.85 ? { permissions: some(permissions, 1) } : { everyone: true };
}

/** Somebody who has never been asked about, with five roles. */
export function newQuestion({ id, guild }: BenchTenant): Question {
  const command = ruledCommands[below(ruledCommands.length)] as RuledCommand;
  const bits = permissions.filter(() => chance(0.1)).map((name) => permissionBits[name]);
  const start = below(roles.length);
  return {
    tenant: id,
    member: {
      kind: 'discord',
      guild,
      user: snowflake(String(700_000_000_000_000_000n + BigInt(below(2 ** 48)))),
      channel: channels[below(channels.length)] as Snowflake,
      roles: [0, 7, 14, 21, 28].map((step) => roles[(start + step) % roles.length] as Snowflake),
      permissions: String(bits.reduce((all, bit) => all | bit, 0n)),
      voiceChannel: null,
      command,
    },
  };
}
