import { expect, test } from 'vitest';
import { prefersYaml } from './documents.ts';

test.each([
  [undefined, false],
  ['*/*', false],
  ['application/json', false],
  ['application/yaml', true],
  ['Application/YAML', true],
  ['application/yaml, application/json', false],
  ['application/yaml, application/json;q=0.9', true],
  ['application/yaml;q=0.5, application/json', false],
  ['application/yaml, */*;q=0.1', true],
  ['application/yaml;q=0', false],
  ['application/*', false],
  ['text/html, application/xhtml+xml, */*;q=0.8', false],
  ['application/yaml;q=x', false],
])('reads of accept: %s whether YAML is wanted', (accept, wanted) => {
  expect(prefersYaml({ headers: accept === undefined ? {} : { accept } })).toBe(wanted);
});
