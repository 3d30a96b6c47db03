import { expect, test } from 'vitest';
import { rolesFor } from './access.ts';
import { giversInWords, rolesInWords } from './words.ts';

test('the roles that something takes are named as people say them', () => {
  expect(rolesInWords(rolesFor('tenant.delete'))).toBe('an owner');
  expect(rolesInWords(rolesFor('tenant.update'))).toBe('an owner or an admin');
  expect(rolesInWords(rolesFor('audit.read'))).toBe('an owner, an admin, or an auditor');
});

test('whoever can give a role is named, unless they are too many', () => {
  expect(giversInWords(['Max'])).toBe('Max');
  expect(giversInWords(['Max', 'Ada'])).toBe('Max or Ada');
  expect(giversInWords([])).toBe('an owner');
  expect(giversInWords(['A', 'B', 'C', 'D'])).toBe('an owner');
});
