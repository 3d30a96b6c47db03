import { describe, expect, test } from 'vitest';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import {
  categoryNames,
  commandNames,
  commandScopes,
  djCategories,
  type CommandCategory,
  type CommandName,
} from './commands.ts';
import { versioned } from './compile.ts';
import { policyEnforcer } from './enforcer.ts';
import { defaultGuildPolicy, guildPolicySchema } from './guild-policy.ts';
import { menus } from './menus.ts';
import { PolicyEvaluator } from './policy-evaluator.ts';
import { discordMember } from './testing/discord-member.ts';

/*
 * Which categories a server has to leave to a member, command by command, written down apart from the table that decides: a
 * command that is in no row, or in a wrong one, fails. A button and an entry of a menu count as their command.
 */
const needs: Readonly<Record<CommandName, readonly CommandCategory[]>> = {
  play: ['adding'],
  playnext: ['order', 'adding'],
  playnow: ['playback', 'adding'],
  search: ['adding'],
  pause: ['playback'],
  resume: ['playback'],
  skip: ['playback'],
  stop: ['playback'],
  queue: ['viewing'],
  nowplaying: ['viewing'],
  lyrics: ['viewing'],
  volume: ['sound'],
  louder: ['sound'],
  quieter: ['sound'],
  seek: ['playback'],
  forward: ['playback'],
  rewind: ['playback'],
  replay: ['playback'],
  previous: ['playback'],
  skipto: ['playback'],
  clear: ['playback'],
  shuffle: ['order'],
  loop: ['order'],
  autoplay: ['order', 'adding'],
  move: ['order'],
  swap: ['order'],
  // Their own tracks are also theirs to remove by what lets them add.
  remove: ['order'],
  filter: ['sound'],
  speed: ['sound'],
  pitch: ['sound'],
  equaliser: ['sound'],
  join: ['adding'],
  leave: ['playback'],
  'favourite add': ['viewing'],
  'favourite remove': ['viewing'],
  'favourite list': ['viewing'],
  'favourite play': ['adding'],
  'playlist create': ['viewing'],
  'playlist add': ['viewing', 'adding'],
  'playlist show': ['viewing'],
  'playlist list': ['viewing'],
  'playlist play': ['adding'],
  'playlist remove': ['viewing'],
  'playlist rename': ['viewing'],
  'playlist delete': ['viewing'],
  'playlist move': ['viewing'],
  'playlist save': ['viewing'],
  'playlist import': ['viewing', 'adding'],
  'playlist export': ['viewing'],
  'playlist share': ['viewing'],
  'playlist unshare': ['viewing'],
  'playlist copy': ['viewing'],
  history: ['viewing'],
  'top server': ['viewing'],
  'top mine': ['viewing'],
  'top counting': ['viewing'],
  stats: ['viewing'],
  help: ['viewing'],
  why: ['viewing'],
  'policy show': ['viewing'],
  'dj show': ['viewing'],
  'dj roles': ['viewing'],
  'dj mode': ['viewing'],
  'voteskip show': ['viewing'],
  'voteskip set': ['viewing'],
  'settings show': ['viewing'],
  'settings change': ['viewing'],
};

const tenant = newTenantId();
const guild = snowflake('900');
const noon = Date.parse('2026-11-25T12:00:00Z');
const midnight = Date.parse('2026-11-25T00:00:00Z');
/** Manage Server (Discord: Permissions), which four of the commands need as well. */
const manages = '32';

const evaluators = new Map<string, Promise<PolicyEvaluator>>();

/** One for each policy. */
function evaluatorOf(policy: object): Promise<PolicyEvaluator> {
  const parsed = guildPolicySchema.parse({ rules: [], otherwise: 'allow', ...policy });
  const key = JSON.stringify(parsed);
  const guilds = new Map([[guild, versioned(0, parsed)]]);
  const policies = { domain: tenant, members: [], guilds, fallback: versioned(0, defaultGuildPolicy) };
  const evaluator =
    evaluators.get(key) ?? policyEnforcer().then((enforcer) => new PolicyEvaluator('aside', policies, enforcer));
  evaluators.set(key, evaluator);
  return evaluator;
}

/** Whether every call that the command leads to is allowed, and whether the member may do more than touch their own tracks. */
async function mayUse(policy: object, command: CommandName, permissions = '0', atMs = noon): Promise<boolean> {
  const member = discordMember({ user: '1', guild, roles: [], permissions, channel: '500' }, command);
  const evaluator = await evaluatorOf(policy);
  return commandScopes[command].every((action) => {
    const asked = { tenant, workload: { kind: 'bot', tenant }, action, guild, member } as const;
    const { allowed, obligations } = evaluator.evaluate(asked, atMs);
    return allowed && obligations?.onlyOwn !== true;
  });
}

const deny = (category: CommandCategory, over: object = {}) => ({
  rules: [{ id: 'r', effect: 'deny', who: { everyone: true }, commands: [category], ...over }],
});
const refusedBy = async (policyOf: (category: CommandCategory) => object, command: CommandName, atMs = noon) => {
  const may = await Promise.all(categoryNames.map((category) => mayUse(policyOf(category), command, manages, atMs)));
  return categoryNames.filter((_, index) => !may[index]);
};
const inOrder = (categories: readonly CommandCategory[]) => categoryNames.filter((name) => categories.includes(name));

describe.each(commandNames)('/%s', (command) => {
  const expected = inOrder(needs[command]);

  test('is denied with its categories, and with no other', async () => {
    expect(await refusedBy((category) => deny(category), command)).toEqual(expected);
  });

  test('is denied in the hours of a rule for its categories, and not outside them', async () => {
    const atNoon = { when: { zone: 'UTC', hours: { from: '11:00', to: '13:00' } } };
    expect(await refusedBy((category) => deny(category, atNoon), command)).toEqual(expected);
    expect(await refusedBy((category) => deny(category, atNoon), command, midnight)).toEqual([]);
  });

  test('is denied in the channels of a rule for its categories, and not in others', async () => {
    expect(await refusedBy((category) => deny(category, { channels: ['500'] }), command)).toEqual(expected);
    expect(await refusedBy((category) => deny(category, { channels: ['600'] }), command)).toEqual([]);
  });

  test('is for DJs alone where one of its categories is reserved for them', async () => {
    const reserved = (category: CommandCategory) => ({ dj: { roles: ['7'], commands: [category] } });
    const may = async (permissions: string) =>
      Promise.all(djCategories.map((category) => mayUse(reserved(category), command, permissions)));
    const isForManagers = !(await mayUse({}, command));
    expect(await may('0')).toEqual(djCategories.map((name) => !isForManagers && !needs[command].includes(name)));
    // Whoever manages the server is a DJ.
    expect(await may(manages)).toEqual(djCategories.map(() => true));
  });

  test('becomes a vote only if it is /skip', async () => {
    const votes = { otherwise: 'deny', voteSkip: { share: 0.5 }, dj: { roles: ['7'] } };
    const may = await mayUse(votes, command);
    expect(may).toBe(command === 'skip');
  });
});

test('an entry of a menu counts as a command that there is', () => {
  for (const { command } of Object.values(menus)) expect(commandNames).toContain(command);
});
