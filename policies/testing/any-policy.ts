import fc from 'fast-check';
import { categoryNames, ruledCommands } from '../commands.ts';
import { permissionBits } from '../guild-policy.ts';
import { weekdays } from '../hours.ts';
import { sourceNames } from '../sources.ts';

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
/** Zones whose daylight saving times begin and end at different times, and one that is a day ahead. */
const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Kiritimati');
const timeOfDay = fc
  .integer({ min: 0, max: 24 * 4 - 1 })
  .map((quarter) => new Date(quarter * 15 * 60_000).toISOString().slice(11, 16));
const anyWhen = fc
  .record(
    {
      zone,
      weekdays: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1, maxLength: 5 }),
      hours: fc.record({ from: timeOfDay, to: timeOfDay }).filter(({ from, to }) => from !== to),
    },
    { requiredKeys: ['zone'] },
  )
  .filter((when) => when.weekdays !== undefined || when.hours !== undefined);
const anyNamed = fc.oneof(fc.constantFrom(...ruledCommands), fc.constantFrom(...categoryNames));
const anyRule = fc.record(
  {
    effect: fc.constantFrom('allow', 'deny'),
    who: anyWho,
    commands: fc.oneof(fc.constant('all'), fc.uniqueArray(anyNamed, { minLength: 1, maxLength: 3 })),
    channels: fc.array(someId, { minLength: 1, maxLength: 2 }),
    when: anyWhen,
  },
  { requiredKeys: ['effect', 'who', 'commands'] },
);
/** Documents that a tenant could write, small enough that rules and members often match. */
export const anyPolicy = fc.record(
  {
    rules: fc
      .array(anyRule, { maxLength: 6 })
      .map((rules) => rules.map((rule, index) => ({ id: `r${index}`, ...rule }))),
    otherwise: fc.constantFrom('allow', 'deny'),
    dj: fc.record(
      { roles: fc.uniqueArray(someId, { maxLength: 2 }), commands: fc.uniqueArray(anyNamed, { maxLength: 3 }) },
      { requiredKeys: ['roles'] },
    ),
    voteSkip: fc.record({ share: fc.constantFrom(0.01, 0.5, 1) }),
    sources: fc.uniqueArray(fc.constantFrom(...sourceNames), { minLength: 1, maxLength: 3 }),
    quotas: fc.constantFrom({ maxQueuedPerMember: 5 }, { maxTrackLengthSec: 600 }),
  },
  { requiredKeys: ['rules', 'otherwise'] },
);
/** Members whose ids are those that the documents name, each in a guild. */
export const anyMember = fc.record({
  within: fc.array(someId, { minLength: 1, maxLength: 2 }),
  user: someId,
  /** Often one that a document names as a role: @everyone's. */
  guild: fc.constantFrom('6', '900'),
  roles: fc.uniqueArray(someId, { maxLength: 3 }),
  permissions: fc.oneof(fc.constant('0'), fc.bigInt({ min: 0n, max: (1n << 25n) - 1n }).map(String)),
  channel: someId,
  alone: fc.integer({ min: 0, max: 4 }).map((number) => number === 0),
});
/** Any moment of a week in which daylight saving time begins or ends, or of any other. */
export const anyMoment = fc
  .tuple(
    fc.constantFrom('2026-03-29T00:00:00Z', '2026-10-25T00:00:00Z', '2026-10-04T00:00:00Z', '2026-07-01T00:00:00Z'),
    fc.integer({ min: -3 * 24 * 60, max: 3 * 24 * 60 }),
  )
  .map(([around, minutes]) => Date.parse(around) + minutes * 60_000);
