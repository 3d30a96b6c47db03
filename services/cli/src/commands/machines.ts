import { Argument, Command } from 'commander';
import colors from 'picocolors';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, tenantArgument, type JsonFlag } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

const example = 'oslo-2';
const machine = () => new Argument('<machine>', 'name of a machine, from `machines list`');

/** `bailiwick machines`: on which machines the platform runs; operators drain one before they work on it. */
export function machinesCommands(): Command {
  const machines = new Command('machines').description('the machines of the platform: list, drain, resume');
  for (const command of [listCommand(), drainCommand(), resumeCommand()]) machines.addCommand(command);
  return machines;
}

const listCommand = (): Command =>
  new Command('list')
    .description('list the machines, with the parts that run on each and for how many tenants they act')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  bailiwick machines list')
    .action(async ({ json }: JsonFlag) => {
      const { api } = await signedIn();
      const { items } = await dataOf(api.GET('/v1/operator/machines'));
      if (json) return print({ items });
      for (const each of harmless(items)) say(describe(each));
    });

interface Listed {
  readonly machine: string;
  readonly draining: boolean;
  readonly parts: readonly { readonly part: string; readonly tenants: number }[];
}

const describe = ({ machine: name, draining, parts }: Listed): string => {
  const isEmpty = parts.every(({ tenants }) => tenants === 0);
  return [
    name.padEnd(20),
    ...parts.map(({ part, tenants }) => `${part}: ${tenants}`),
    ...(draining ? [isEmpty ? 'drained' : 'draining'] : []),
  ].join('  ');
};

const drainCommand = (): Command =>
  new Command('drain')
    .addArgument(machine())
    .description('move its tenants to other machines and give it no new ones; `list` shows when it is drained')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick machines drain ${example}`)
    .action(async (name: string, { json }: JsonFlag) => {
      const changed = await setDraining(name, true);
      if (json) print(changed);
      else
        say(
          `${colors.green('✓')} The tenants of ${name} move to other machines: \`bailiwick machines list\` shows when it is drained.`,
        );
    });

const resumeCommand = (): Command =>
  new Command('resume')
    .addArgument(machine())
    .description('give a machine that was drained tenants again')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick machines resume ${example}`)
    .action(async (name: string, { json }: JsonFlag) => {
      const changed = await setDraining(name, false);
      if (json) print(changed);
      else say(`${colors.green('✓')} ${name} gets tenants again.`);
    });

async function setDraining(name: string, draining: boolean) {
  const { api } = await signedIn();
  const params = { path: { machine: name } };
  return dataOf(api.PUT('/v1/operator/machines/{machine}/draining', { params, body: { draining } }));
}

const at = (hosted: string) => ({ params: { path: { hosted } } });

/** Of `bailiwick tenant`: where one runs, for operators. */
export const placementCommands = (): readonly Command[] => [
  new Command('placement')
    .addArgument(tenantArgument())
    .description('show on which machines its bot, session and music run (for operators)')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick tenant placement ${exampleTenant}`)
    .action(async (id: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const placement = await dataOf(api.GET('/v1/operator/tenants/{hosted}/placement', at(id)));
      if (json) return print(placement);
      const { parts, movingTo } = harmless(placement);
      for (const { part, machine: name, pinnedTo } of parts)
        say([part.padEnd(14), name ?? '(nowhere)', ...(pinnedTo === null ? [] : [`moved to ${pinnedTo}`])].join('  '));
      if (movingTo !== null) say(`It is being moved to ${movingTo}.`);
    }),
  new Command('move')
    .addArgument(tenantArgument())
    .addArgument(machine())
    .description('move it to a machine while its music plays; it stays there until it is released (for operators)')
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick tenant move ${exampleTenant} ${example}`)
    .action(async (id: string, name: string, { json }: JsonFlag) => {
      const { api } = await signedIn();
      const moved = await dataOf(
        api.POST('/v1/operator/tenants/{hosted}/move', { ...at(id), body: { machine: name } }),
      );
      if (json) print(moved);
      else say(`${id} moves to ${name}: \`bailiwick tenant placement ${id}\` shows when it is there.`);
    }),
  new Command('release')
    .addArgument(tenantArgument())
    .description('release it from the machine that it was moved to: it may run anywhere again (for operators)')
    .addOption(jsonOption('print what was released as JSON'))
    .addHelpText('after', `\nExample:\n  bailiwick tenant release ${exampleTenant}`)
    .action(async (id: string, { json }: JsonFlag) => {
      await (await signedIn()).api.DELETE('/v1/operator/tenants/{hosted}/placement', at(id));
      if (json) print({ released: id });
      else say(`${colors.green('✓')} ${id} may run on any machine.`);
    }),
];
