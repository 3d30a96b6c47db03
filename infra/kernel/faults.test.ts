import { expect, test } from 'vitest';
import { z } from 'zod';
import { faultsOf } from './faults.ts';

const schema = z.strictObject({
  name: z.string().min(2).max(4),
  'odd/name': z.strictObject({ kind: z.enum(['a', 'b']) }).optional(),
  who: z.union([z.strictObject({ user: z.string() }), z.strictObject({ roles: z.array(z.string()) })]).optional(),
});
const found = (value: unknown) =>
  faultsOf(schema.safeParse(value).error?.issues ?? []).map(({ at, code }) => `${at} ${code}`);

test.each([
  [{ name: 'fine' }, []],
  [{}, ['/name missing']],
  [{ name: 5 }, ['/name wrong-type']],
  [{ name: 'x' }, ['/name under-limit']],
  [{ name: 'xxxxx' }, ['/name over-limit']],
  [{ name: 'fine', more: 1, 'a~b': 2 }, ['/more unknown-field', '/a~0b unknown-field']],
  [{ name: 'fine', 'odd/name': { kind: 'c' } }, ['/odd~1name/kind unknown-value']],
  [{ name: 'fine', who: { roles: ['1', 2] } }, ['/who/roles/1 wrong-type']],
  [5, ['/ wrong-type']],
])('every fault has its place and a code of its own: %j', (value, faults) => {
  expect(found(value)).toEqual(faults);
});
