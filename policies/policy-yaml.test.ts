import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guildPolicySchema } from './guild-policy.ts';
import { parsePolicyYaml, policyYaml, readPolicyYaml } from './policy-yaml.ts';
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

const blocks = ['a', '1', ': ', '- ', '? ', '\n', '\n  ', '---', '...', '|', '>', '#', '\t'];
const flow = ['[', ']', '{', '}', ',', '"', "'", '\\', String.raw`\U00110000`, '\0', '\uFEFF', '\uD800'];
const special = ['&a ', '*a', '!!set ', '!!str ', '!<%zz>', '%', '<<: ', '0x', '.nan', '~'];
const shreds = [...blocks, ...flow, ...special];

test('refuses whatever it cannot take in words of its own, and gives plain data otherwise', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...shreds), { maxLength: 24 }), (parts) => {
      const read = outcomeOf(() => parsePolicyYaml(parts.join('')));
      if ('error' in read) expect(read.error).toMatchObject({ owner: 'caller', status: 400 });
      else expect(read.value).toEqual(structuredClone(read.value));
    }),
    { numRuns: 3_000 },
  );
});

function outcomeOf(reading: () => unknown): { readonly value: unknown } | { readonly error: unknown } {
  try {
    return { value: reading() };
  } catch (error) {
    return { error };
  }
}

test('reads JSON as well', () => {
  expect(parsePolicyYaml('{"rules":[],"otherwise":"allow"}')).toEqual({ rules: [], otherwise: 'allow' });
});

const nest = (name: string, of: string) => `${name}: &${name} [${`*${of},`.repeat(9)}]`;
const bomb = ['a: &a [1,1,1]', ...[...'bcdefgh'].map((name, index) => nest(name, 'abcdefg'[index] ?? ''))].join('\n');

test.each([
  ['a tag that names a type', 'rules: []\notherwise: !!js/function allow', 'policy.yaml'],
  ['a tag beyond the core schema: a set', '!!set {a, b}', 'policy.yaml'],
  ['a tag beyond the core schema: an ordered map', '!!omap [a: 1]', 'policy.yaml'],
  ['a tag beyond the core schema: bytes', 'a: !!binary aGk=', 'policy.yaml'],
  ['a tag beyond the core schema: a time', 'a: !!timestamp 2026-01-01', 'policy.yaml'],
  ['a tag beyond the core schema: a merge', '!!merge a', 'policy.yaml'],
  ['a tag with a broken escape', '--- !<tag:%> x', 'policy.yaml'],
  ['a character beyond Unicode', String.raw`a: "\U00110000"`, 'policy.yaml'],
  ['a name that comes twice', 'rules: []\nrules: []\notherwise: allow', 'document.repeated-name'],
  ['a name that comes twice, as a number and as text', '1: a\n"1": b', 'document.repeated-name'],
  ['a name of every object', '__proto__: { rules: [] }', 'document.reserved-name'],
  ['what unfolds into millions of values', bomb, 'policy.yaml'],
  ['a list that holds itself', '&a [*a,*a]', 'policy.yaml'],
  ['a name that is a list', '? [a, b]\n: c', 'policy.yaml'],
  ['what is nested beyond reading', `rules: ${'['.repeat(100_000)}`, 'document.too-deep'],
  ['what is nested beyond reading, in lines', '- '.repeat(100_000), 'document.too-deep'],
  [
    'thousands of names',
    Array.from({ length: 25_000 }, (_, index) => `${index}:`).join('\n'),
    'document.too-many-values',
  ],
  ['several documents', 'a: 1\n---\nb: 2', 'policy.yaml'],
  ['half a document', 'rules: [\n', 'policy.yaml'],
])('refuses %s with a code and in one line', (_what, text, code) => {
  expect(() => parsePolicyYaml(text)).toThrow(expect.objectContaining({ code, status: 400 }));
  expect(() => parsePolicyYaml(text)).toThrow(/^[^\n]{1,280}$/);
});

test('names the line and the column of a fault', () => {
  expect(() => parsePolicyYaml('rules: []\notherwise: &x allow')).toThrow('at line 2');
});

test('reads long documents in threads, with the same answers', async () => {
  const long = (text: string) => `${text}\n${'# '.repeat(3_000)}`;
  const [value, ...faults] = await Promise.allSettled([
    readPolicyYaml(long('rules: []')),
    readPolicyYaml(long('rules: [')),
    readPolicyYaml(long('a: 1\na: 2')),
  ]);
  expect(value).toMatchObject({ value: { rules: [] } });
  expect(faults).toMatchObject([{ reason: { code: 'policy.yaml' } }, { reason: { code: 'document.repeated-name' } }]);
});
