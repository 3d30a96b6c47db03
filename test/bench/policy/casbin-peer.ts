import { readFile } from 'node:fs/promises';
import { newEnforcer, newModelFromString, type Enforcer } from 'casbin';
import { commandNames } from '#policies/commands.ts';
import { commandAct, compile, guildObject } from '#policies/compile.ts';
import { defaultGuildPolicy } from '#policies/guild-policy.ts';
import { during, type When } from '#policies/hours.ts';
import { memberSubject, placesOf } from '#policies/request.ts';
import type { BenchTenant, Question } from './documents.ts';

const model = await readFile(new URL('../../../policies/model.conf', import.meta.url), 'utf8');
const everySubject = { id: 'anybody', kinds: { has: () => true } as unknown as ReadonlySet<string> };

/** A plain Casbin enforcer with the same model and all lines of these tenants, nothing selected beforehand. */
export async function casbinOf(tenants: readonly BenchTenant[]): Promise<(question: Question) => boolean> {
  const enforcer: Enforcer = await newEnforcer(newModelFromString(model));
  const hours = new Map<string, When>();
  const lines = tenants.flatMap(({ id, guild, policy }) => {
    const policies = {
      domain: id,
      members: [],
      guilds: new Map([[guild, { version: 1, policy }]]),
      fallback: defaultGuildPolicy,
    };
    return commandNames.flatMap((command) => {
      const asked = { object: guildObject(guild), act: commandAct(command), subject: everySubject };
      const compiled = compile(policies, asked);
      for (const [rule, when] of compiled.hours) hours.set(`${id} ${rule}`, when);
      return compiled.lines.map((line) => line.with(5, line[5] === '*' ? '*' : `${id} ${line[5]}`));
    });
  });
  await enforcer.addFunction('holds', (subject: { kinds: ReadonlySet<string> }, kind: string) =>
    subject.kinds.has(kind),
  );
  await enforcer.addFunction('from', (places: ReadonlySet<string>, place: string) => places.has(place));
  await enforcer.addFunction('during', (rule: string, atMs: number) => during(hours.get(rule) as When)(atMs));
  await enforcer.addPolicies(lines);
  await enforcer.buildRoleLinks();
  return ({ tenant, member }) => {
    const [object, act] = [guildObject(member.guild), commandAct(member.command)];
    return enforcer.enforceSync(memberSubject(member), tenant, object, act, placesOf(member), Date.now());
  };
}
