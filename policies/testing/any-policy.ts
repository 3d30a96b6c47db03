import fc from 'fast-check';
import { commandNames } from '../commands.ts';
import { permissionBits } from '../guild-policy.ts';

const someId = fc.integer({ min: 1, max: 6 }).map(String);
const permission = fc.constantFrom(...(Object.keys(permissionBits) as (keyof typeof permissionBits)[]));
const anyWho = fc
  .record(
    {
      everyone: fc.constant(true as const),
      roles: fc.array(someId, { minLength: 1, maxLength: 3 }),
      users: fc.array(someId, { minLength: 1, maxLength: 2 }),
      permissions: fc.array(permission, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  .filter((who) => Object.keys(who).length > 0);
const anyRule = fc.record(
  {
    effect: fc.constantFrom('allow', 'deny'),
    who: anyWho,
    commands: fc.oneof(
      fc.constant('all'),
      fc.uniqueArray(fc.constantFrom(...commandNames), { minLength: 1, maxLength: 3 }),
    ),
    channels: fc.array(someId, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['effect', 'who', 'commands'] },
);
/** Documents that a tenant could write, small enough that rules and members meet often. */
export const anyPolicy = fc.record({
  rules: fc.array(anyRule, { maxLength: 6 }).map((rules) => rules.map((rule, index) => ({ id: `r${index}`, ...rule }))),
  otherwise: fc.constantFrom('allow', 'deny'),
});
/** Members whose ids are those that the documents name. */
export const anyMember = fc.record({
  user: someId,
  roles: fc.uniqueArray(someId, { maxLength: 3 }),
  permissions: fc.bigInt({ min: 0n, max: (1n << 25n) - 1n }).map(String),
  channel: someId,
});
