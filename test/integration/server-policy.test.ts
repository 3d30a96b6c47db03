import { afterAll, beforeAll, expect, it } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import type { PolicyChange, ServerPolicy } from '#services/contracts/server-policy.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { startWorld, type Customer, type World } from '#test/security/world/world.ts';

/** What members read and change of their server's policy, from their bot through gateway-proxy to the api. */
let world: World;
let acme: Customer;
let other: Customer;
const manager = { permissions: '32' };

beforeAll(async () => {
  world = await startWorld();
  [acme, other] = await Promise.all([world.customer('Acme'), world.customer('Other')]);
});
afterAll(() => world?.[Symbol.asyncDispose]());

const at = (rest = '', { id, guild }: Customer = acme) => `/v1/tenants/${id}/guilds/${guild}/bot/policy${rest}`;

async function change(
  request: PolicyChange,
  {
    member = manager,
    entered = request,
    command = 'dj roles',
    path = at('/change'),
    scope = ['policy.write'] as readonly string[],
  } = {},
): Promise<Answer> {
  const txnToken = await world.witnessed(acme, scope, { command, ...member }, { 'policy.write': entered });
  return world.doors.call(acme.bot, { method: 'POST', path: `/api${path}`, txnToken, body: request });
}

async function show(command = 'policy show'): Promise<ServerPolicy> {
  const txnToken = await world.witnessed(acme, ['policy.read'], { command });
  const answer = await world.doors.call(acme.bot, { path: `/api${at()}`, txnToken });
  expect(answer.status).toBe(200);
  return answer.body as ServerPolicy;
}

it('changes what a member who manages the server names, and records who did it', async () => {
  expect(await show()).toEqual({ version: 0, policy: { rules: [], otherwise: 'allow' } });
  const added = await change({ add: snowflake('7') });
  expect(added).toMatchObject({ status: 200, body: { version: 1, policy: { dj: { roles: ['7'], commands: [] } } } });
  const on = await change({ mode: 'on', order: false }, { command: 'dj mode' });
  expect(on.body).toMatchObject({ version: 2, policy: { dj: { roles: ['7'], commands: ['playback', 'sound'] } } });
  await change({ percent: 60 }, { command: 'voteskip set' });
  const changed = {
    rules: [],
    otherwise: 'allow',
    dj: { roles: ['7'], commands: ['playback', 'sound'] },
    voteSkip: { share: 0.6 },
  };
  expect(await show()).toEqual({ version: 3, policy: changed });
  const records = (await world.audit(acme.id)).filter(
    ({ kind, action }) => kind === 'change' && action === 'policy.write',
  );
  expect(records).toHaveLength(3);
  expect(records[0]).toMatchObject({
    outcome: 'succeeded',
    actor: { type: 'bot' },
    onBehalfOf: { type: 'discord-member', id: acme.member },
    command: 'dj roles',
    target: `guild:${acme.guild}`,
    detail: { version: 1 },
  });
  expect(records[0]?.decision).toMatch(/^dec_/);
});

it('makes no version of what the policy says already', async () => {
  const { version } = await show();
  expect(await change({ percent: 60 }, { command: 'voteskip set' })).toMatchObject({ status: 200, body: { version } });
});

it('keeps both of two changes of the same moment', async () => {
  const answers = await Promise.all([change({ add: snowflake('8') }), change({ add: snowflake('9') })]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect((await show()).policy.dj?.roles.toSorted()).toEqual(['7', '8', '9']);
});

it.each([
  ['a member who does not manage the server', () => ({ member: { permissions: '0' } }), 'authorize.denied'],
  ['another change than the member entered', () => ({ entered: { add: snowflake('8') } }), 'not-as-entered'],
  ['a command that does not lead to it', () => ({ scope: ['player.skip'], command: 'skip' as const }), 'out-of-scope'],
  ["another tenant's server", () => ({ path: at('/change', other) }), 'tenancy.'],
])('refuses %s, and changes nothing', async (_what, how, code) => {
  const before = await show();
  const answer = await change({ add: snowflake('66') }, how());
  expect(answer.status).toBe(403);
  expect(answer.code).toContain(code);
  expect(await show()).toEqual(before);
});

it('is no address for anybody at the public listener', async () => {
  const session = await world.session('discord:100', { tenant: acme.id, role: 'owner' });
  const call = { method: 'POST', path: at('/change'), session, body: { percent: 1 } } as const;
  expect((await world.doors.public(call)).status).toBeGreaterThanOrEqual(400);
  expect((await world.doors.public({ path: at(), session })).status).toBeGreaterThanOrEqual(400);
  expect((await show()).policy.voteSkip).toEqual({ share: 0.6 });
});

it('refuses what no command can enter', async () => {
  const answers = [{ percent: 101 }, { otherwise: 'deny' }, { add: 'x' }].map((request) => change(request as never));
  for (const answer of await Promise.all(answers)) expect(answer.status).toBe(400);
});
