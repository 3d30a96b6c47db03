import { expect, test } from 'vitest';
import { commandParameters } from '#policies/commands.ts';
import { commands } from './index.ts';

test.each(commands)('/$name has the options that its calls are witnessed by', ({ name, options }) => {
  const named = Object.values(commandParameters[name]).flatMap((mapping) => Object.values<string>(mapping));
  expect(Object.keys(options)).toEqual(expect.arrayContaining([...new Set(named)]));
});
