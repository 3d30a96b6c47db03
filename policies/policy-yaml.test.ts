import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guildPolicySchema } from './guild-policy.ts';
import { parsePolicyYaml, policyYaml } from './policy-yaml.ts';
import { anyPolicy } from './testing/any-policy.ts';

test('reads back whatever it wrote, ids as text', () => {
  fc.assert(
    fc.property(anyPolicy, (document) => {
      const policy = guildPolicySchema.parse(document);
      expect(guildPolicySchema.parse(parsePolicyYaml(policyYaml(policy)))).toEqual(policy);
    }),
    { numRuns: 100 },
  );
});

test('reads JSON as well', () => {
  expect(parsePolicyYaml('{"rules":[],"otherwise":"allow"}')).toEqual({ rules: [], otherwise: 'allow' });
});

const nest = (name: string, of: string) => `${name}: &${name} [${`*${of},`.repeat(9)}]`;
const bomb = ['a: &a [1,1,1]', ...[...'bcdefgh'].map((name, index) => nest(name, 'abcdefg'[index] ?? ''))].join('\n');

test.each([
  ['a tag that names a type', 'rules: []\notherwise: !!js/function allow'],
  ['a name that comes twice', 'rules: []\nrules: []\notherwise: allow'],
  ['what unfolds into millions of values', bomb],
  ['what is nested beyond reading', '['.repeat(100_000)],
  ['several documents', 'a: 1\n---\nb: 2'],
  ['half a document', 'rules: [\n'],
])('refuses %s with a code and in one line', (_what, text) => {
  expect(() => parsePolicyYaml(text)).toThrow(expect.objectContaining({ code: 'policy.yaml', status: 400 }));
  expect(() => parsePolicyYaml(text)).toThrow(/^[^\n]{1,280}$/);
});
