import { readFile } from 'node:fs/promises';
import { newEnforcer, newModelFromString, type Enforcer } from 'casbin';
import { ruledCommands } from '#policies/commands.ts';
import { commandAct, guildObject } from '#policies/compile.ts';
import type { GuildRule } from '#policies/guild-policy.ts';
import { during, type When } from '#policies/hours.ts';
import { memberSubject, placesOf } from '#policies/request.ts';
import type { BenchTenant, Question } from './documents.ts';

const model = await readFile(new URL('../../../policies/model.conf', import.meta.url), 'utf8');
/** A plain Casbin enforcer with the same model and all lines of these tenants, nothing selected beforehand. */
export async function casbinOf(tenants: readonly BenchTenant[]): Promise<(question: Question) => boolean> {
  const enforcer: Enforcer = await newEnforcer(newModelFromString(model));
  const hours = new Map(
    tenants.flatMap(({ id, policy }) => policy.rules.map((rule) => [`${id} ${rule.id}`, rule.when])),
  );
  await enforcer.addFunction('holds', (subject: { kinds: ReadonlySet<string> }, kind: string) =>
    subject.kinds.has(kind),
  );
  await enforcer.addFunction('from', (places: ReadonlySet<string>, place: string) => places.has(place));
  await enforcer.addFunction('during', (rule: string, atMs: number) => during(hours.get(rule) as When)(atMs));
  await enforcer.addPolicies(tenants.flatMap(linesOf));
  await enforcer.buildRoleLinks();
  return ({ tenant, member }) => {
    const [object, act] = [guildObject(member.guild), commandAct(member.command)];
    return enforcer.enforceSync(memberSubject(member), tenant, object, act, placesOf(member), Date.now());
  };
}

function linesOf({ id, guild, policy }: BenchTenant): string[][] {
  const line = (subject: string, command: string, channel: string, rule: GuildRule | undefined) => [
    subject,
    id,
    guildObject(guild),
    commandAct(command),
    channel,
    rule?.when ? `${id} ${rule.id}` : '*',
    rule?.effect ?? 'allow',
    rule?.id ?? 'otherwise',
  ];
  const rest =
    policy.otherwise === 'allow' ? ruledCommands.map((command) => line('everyone', command, '*', undefined)) : [];
  const ofRules = policy.rules.flatMap((rule) =>
    subjectsOf(rule).flatMap((subject) =>
      (rule.commands === 'all' ? ruledCommands : rule.commands).flatMap((command) =>
        (rule.channels ?? ['*']).map((channel) => line(subject, command, channel, rule)),
      ),
    ),
  );
  return [...ofRules, ...rest];
}

const subjectsOf = ({ who }: GuildRule): string[] => [
  ...(who.everyone ? ['everyone'] : []),
  ...(who.roles ?? []).map((role) => `discord-role:${role}`),
  ...(who.users ?? []).map((user) => `discord-user:${user}`),
  ...(who.permissions ?? []).map((permission) => `discord-permission:${permission}`),
];
