import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { commandNames, commandParameters, picked } from '#policies/commands.ts';
import { menus } from '#policies/menus.ts';
import type { Command } from '../framework/command.ts';
import { commands } from './index.ts';

test.each(commands)('/$name has the options that its calls are witnessed by', ({ name, options, menu, pick }) => {
  const named = Object.values(commandParameters[name]).flatMap((mapping) => Object.values(mapping).flat());
  const fromMenu = pick ? [picked] : [];
  const pointedAt = menu ? [menus[menu.name].of === 'user' ? 'member' : 'query'] : [];
  expect([...Object.keys(options), ...pointedAt, ...fromMenu]).toEqual(expect.arrayContaining([...new Set(named)]));
});

/** The commands of each file, by the names under which it exports them. */
async function exported(): Promise<readonly { readonly file: string; readonly as: string; readonly name: string }[]> {
  const files = (await readdir(import.meta.dirname)).filter((file) => !/^index\.|\.test\.ts$/.test(file)).toSorted();
  const found = files.map(async (file) => {
    const module = (await import(path.join(import.meta.dirname, file))) as Record<string, Partial<Command> | undefined>;
    return Object.entries(module).flatMap(([as, value]) =>
      typeof value?.run === 'function' && value.name !== undefined ? [{ file, as, name: value.name }] : [],
    );
  });
  return (await Promise.all(found)).flat();
}

/** What the formatter makes of an import. */
function importOf(file: string, names: readonly string[]): string {
  const line = `import { ${names.join(', ')} } from './${file}';`;
  return line.length <= 120 ? line : `import {\n${names.map((name) => `  ${name},\n`).join('')}} from './${file}';`;
}

// `npm run commands` writes it: a new command is one file, and its entry in the table of policies/commands.ts.
test('the list of commands is that of the files, in the order of the table', async () => {
  const found = await exported();
  const order: readonly string[] = commandNames;
  const listed = found.toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name));
  expect(listed.map(({ name }) => name)).toEqual(order);
  const byFile = Map.groupBy(found, ({ file }) => file);
  const source = [
    "import type { Command } from '../framework/command.ts';",
    ...[...byFile].map(([file, members]) => importOf(file, members.map(({ as }) => as).toSorted())),
    '',
    '/** Every command of the bot, as `npm run commands` finds them; policies/commands.ts says what each may lead to. */',
    'export const commands = [',
    ...listed.map(({ as }) => `  ${as},`),
    '] as unknown as readonly Command[];',
    '',
  ].join('\n');
  await expect(source).toMatchFileSnapshot('index.ts');
});
