import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { guildPolicySchema, parseGuildPolicy } from './guild-policy.ts';
import { sourceNames } from './sources.ts';

const read = (name: string) => readFile(path.join(import.meta.dirname, name), 'utf8');
const examplesIn = (text: string) => [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml);

test('every example of the documentation is a valid policy, and every field has one', async () => {
  const [fields, readme] = [await read('DOCUMENT.md'), await read('README.md')];
  const examples = examplesIn(fields).map((yaml) => parseGuildPolicy(parse(yaml)));
  for (const yaml of examplesIn(readme)) parseGuildPolicy(parse(yaml));
  const shown = new Set(examples.flatMap((policy) => [...Object.keys(policy), ...policy.rules.flatMap(Object.keys)]));
  const rule = guildPolicySchema.shape.rules.element.shape;
  expect([...shown].sort()).toEqual([...Object.keys(guildPolicySchema.shape), ...Object.keys(rule)].sort());
  for (const field of Object.keys(guildPolicySchema.shape)) expect(fields).toMatch(new RegExp(`^## .*${field}`, 'm'));
  for (const source of sourceNames) expect(fields).toContain(`\`${source}\``);
});
