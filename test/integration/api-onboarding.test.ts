import { PermissionFlagsBits } from 'discord-api-types/v10';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tenantId, type TenantId } from '#infra/kernel/ids.ts';
import { goToVoice } from '#test/sandbox/world/acting/person.ts';
import {
  createApplication,
  createUser,
  installApplication,
  resetToken,
  updateApplication,
} from '#test/sandbox/world/applications.ts';
import { addPerson, createChannel, createGuild, updateChannel } from '#test/sandbox/world/guilds.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { commands } from '#services/gateway/src/presentation/commands/index.ts';
import { definitionsOf } from '#services/gateway/src/presentation/framework/definition.ts';
import { eventually, startWorld, type World } from '#test/security/world/world.ts';
import { follow, type Followed } from './follow.ts';

/** A person brings a bot: each check with its reason and how to fix it, until a track is heard. */
let world: World;
const sessions = {} as Record<'owner' | 'viewer' | 'stranger', string>;

beforeAll(async () => {
  world = await startWorld({ botsAreReady: true });
  sessions.owner = await world.session('discord:100');
  sessions.stranger = await world.session('discord:200');
});
afterAll(() => world?.[Symbol.asyncDispose]());

interface Check {
  readonly id: string;
  readonly state: string;
  readonly title: string;
  readonly code?: string;
  readonly detail?: string;
  readonly fix?: string;
  readonly data?: Record<string, unknown>;
}
interface View {
  readonly checks: readonly Check[];
  readonly done: boolean;
}

const ofToken = ['token', 'application', 'duplicate', 'interactions-endpoint', 'stored'];

/** A person's tenant and the application that they created for it. */
async function newcomer(name: string) {
  const { world: discord } = world.parts.sandbox;
  const person = createUser(discord, name);
  const application = createApplication(discord, name, person.id);
  const created = await world.doors.public({
    method: 'POST',
    path: '/v1/tenants',
    session: world.owner,
    body: { name },
  });
  const tenant = tenantId((created.body as { id: string }).id);
  for (const [subject, role] of [
    ['discord:100', 'owner'],
    ['discord:101', 'viewer'],
  ] as const)
    await world.session(subject, { tenant, role });
  sessions.viewer = await world.session('discord:101');
  return { tenant, person, application };
}

const ask = (tenant: TenantId, method: 'GET' | 'POST' | 'PUT', rest = '', body?: unknown, session = sessions.owner) =>
  world.doors.public({
    method,
    path: `/v1/tenants/${tenant}/onboarding${rest}`,
    session,
    ...(body === undefined ? {} : { body }),
  });
const read = async (tenant: TenantId): Promise<View> => (await ask(tenant, 'GET')).body as View;
const checkOf = ({ checks }: View, id: string): Check => {
  const found = checks.find((check) => check.id === id);
  if (!found) throw new Error(`there is no check ${id}`);
  return found;
};
/** Waits until this check has reached a stable state. */
async function settled(tenant: TenantId, id: string): Promise<Check> {
  let check: Check | undefined;
  await eventually(
    `the check ${id} has settled`,
    async () => {
      check = checkOf(await read(tenant), id);
      return ['passed', 'failed', 'needs-you'].includes(check.state);
    },
    30_000,
  );
  return check as Check;
}

/** What the tenant's bot does on its own once it runs. */
async function registersCommands(tenant: TenantId, applicationId: string): Promise<void> {
  const bot = await world.parts.installation.botIdentity(tenant);
  const answer = await world.doors.call(bot, {
    method: 'PUT',
    path: `/discord-edge/v1/tenants/${tenant}/rest/applications/${applicationId}/commands`,
    body: definitionsOf(commands),
  });
  if (answer.status !== 200) throw new Error(`the commands were not registered: ${answer.text}`);
}

/** Whether the state is stored, without asking the api. */
async function stored(tenant: TenantId, id: string, state: string): Promise<boolean> {
  const { rowCount } = await world.admin.query(
    "select 1 from onboarding where tenant_id = $1 and document #>> array['checks', $2, 'state'] = $3",
    [tenant, id, state],
  );
  return rowCount === 1;
}

const views = ({ events }: Followed): View[] =>
  events.filter(({ event }) => event === 'state').map(({ data }) => data as View);

describe('from a pasted token to sound', () => {
  it('passes every check in order, reported live, and leaves the voice channel', async () => {
    const { tenant, person, application } = await newcomer('Melody');
    const { world: discord, lavalink } = world.parts.sandbox;
    const guild = createGuild(discord, 'Hall of Melody', person.id);
    createChannel(discord, guild.id, { name: 'Empty', type: 'voice' });
    const lounge = createChannel(discord, guild.id, { name: 'Lounge', type: 'voice' });
    const listener = addPerson(discord, guild.id, 'Listener');
    goToVoice(discord, guild.id, listener.userId, lounge.id);

    expect(await read(tenant)).toEqual({
      checks: [],
      place: null,
      done: false,
      developerPortal: { url: expect.stringMatching(/\/developers\/applications$/), sandbox: true },
    });
    await using stream = await follow(
      `http://127.0.0.1:${world.parts.proxy.publicPort}`,
      `/v1/tenants/${tenant}/onboarding/events`,
      sessions.viewer,
    );
    const { token } = application;
    const started = await ask(tenant, 'POST', '', { token });
    expect(started, started.text).toMatchObject({ status: 200, body: { done: false } });
    await settled(tenant, 'instance');
    await registersCommands(tenant, application.id);
    const invite = await settled(tenant, 'invite');
    expect(invite).toMatchObject({ state: 'needs-you', data: { inviteUrl: expect.stringContaining(application.id) } });
    installApplication(discord, guild.id, application.id);
    expect(await settled(tenant, 'member')).toMatchObject({
      state: 'passed',
      data: { guilds: [{ id: guild.id, name: 'Hall of Melody' }] },
    });
    expect(await settled(tenant, 'voice-permissions')).toMatchObject({
      state: 'passed',
      data: { voiceChannel: { id: lounge.id, name: 'Lounge' }, missing: [] },
    });
    await eventually('it is done', () => stored(tenant, 'plays', 'passed'), 30_000);
    expect(await read(tenant)).toMatchObject({ done: true });

    await eventually('the end was told', () => views(stream).at(-1)?.done === true);
    const order = views(stream).map(({ checks }) => checks.filter(({ state }) => state === 'passed').length);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    await eventually('the bot has left', () => !lavalink.server.control.view().players.some(({ title }) => title));
    expect(guild.voiceStates.map(({ userId }) => userId)).toEqual([listener.userId]);
    const text = JSON.stringify(
      await world.admin.query('select * from onboarding').then(({ rows }) => rows as unknown[]),
    );
    expect(text).toContain(tenant);
    expect(text).not.toContain(token);
    const kept = (await world.audit(tenant)).map(({ action, outcome }) => `${action} ${outcome}`);
    expect(kept).toEqual(expect.arrayContaining(['player.enqueue allowed', 'player.stop allowed']));

    // What is in place is checked again, and another bot cannot slip in afterwards.
    const other = createApplication(discord, 'Other', person.id);
    const refused = await ask(tenant, 'POST', '', { token: other.token });
    expect(refused.status).toBe(200);
    expect(await settled(tenant, 'application')).toMatchObject({
      state: 'failed',
      code: 'credential.other-application',
      fix: expect.stringContaining('Reset Token'),
    });
    expect(await ask(tenant, 'POST', '', { token: other.token })).toMatchObject({ status: 200 });
    expect(await settled(tenant, 'application')).toMatchObject({ code: 'credential.other-application' });
    const regenerated = resetToken(discord, application.id);
    await ask(tenant, 'POST', '', { token: regenerated });
    expect(await settled(tenant, 'plays')).toMatchObject({ state: 'passed' });
  });

  it.each([
    { what: 'is no token', code: 'credential.malformed', at: 'token', token: () => 'nonsense' },
    {
      what: 'Discord does not know',
      code: 'credential.rejected',
      at: 'token',
      token: ({ token }: { token: string }) => token.replace(/.{6}$/, 'AAAAAA'),
    },
    {
      what: 'sends its interactions elsewhere',
      code: 'credential.interactions-endpoint-set',
      at: 'interactions-endpoint',
      token({ id, token }: { id: string; token: string }) {
        updateApplication(world.parts.sandbox.world, id, { interactionsEndpointUrl: 'https://example.com/' });
        return token;
      },
    },
  ])('stops at what $what, with the reason and how to fix it, and keeps nothing', async ({ code, at, token }) => {
    const { tenant, application } = await newcomer('Refused');
    await ask(tenant, 'POST', '', { token: token(application) });
    const check = await settled(tenant, at);
    expect(check).toMatchObject({ state: 'failed', code, detail: expect.any(String), fix: expect.any(String) });
    const view = await read(tenant);
    const before = ofToken.slice(0, ofToken.indexOf(at));
    expect(before.map((id) => checkOf(view, id).state)).toEqual(before.map(() => 'passed'));
    expect(checkOf(view, 'stored').state).toBe('waiting');
    const { rows } = await world.admin.query('select 1 from application_credential where tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
    expect(await ask(tenant, 'POST', `/checks/${at}/retry`)).toMatchObject({
      status: 409,
      code: 'onboarding.token-needed',
    });
    const place = { guild: '1', voiceChannel: '2' };
    for (const early of [await ask(tenant, 'POST', '/checks/plays/retry'), await ask(tenant, 'PUT', '/place', place)])
      expect(early).toMatchObject({ status: 409, code: 'onboarding.not-yet' });
  });

  it('refuses an application that another tenant uses', async () => {
    const first = await newcomer('First');
    await ask(first.tenant, 'POST', '', { token: first.application.token });
    await settled(first.tenant, 'stored');
    const second = await newcomer('Second');
    await ask(second.tenant, 'POST', '', { token: first.application.token });
    expect(await settled(second.tenant, 'duplicate')).toMatchObject({
      state: 'failed',
      code: 'credential.used-by-another-tenant',
    });
  });
});

describe('the sound check', () => {
  it('names each missing permission, continues in the channel that the owner chooses, and after a fix', async () => {
    const { tenant, person, application } = await newcomer('Quiet');
    const { world: discord } = world.parts.sandbox;
    const guild = createGuild(discord, 'Hall of Quiet', person.id);
    const deny = PermissionFlagsBits.Connect | PermissionFlagsBits.Speak;
    const closed = createChannel(discord, guild.id, { name: 'Closed', type: 'voice' });
    updateChannel(discord, guild.id, closed.id, {
      overwrites: [{ id: application.botUserId, type: 1, allow: '0', deny: deny.toString() }],
    });
    goToVoice(discord, guild.id, addPerson(discord, guild.id, 'Member').userId, closed.id);
    installApplication(discord, guild.id, application.id);
    await ask(tenant, 'POST', '', { token: application.token });
    await settled(tenant, 'instance');
    await registersCommands(tenant, application.id);
    expect(await settled(tenant, 'voice-permissions')).toMatchObject({
      state: 'needs-you',
      code: 'onboarding.permissions-missing',
      detail: expect.stringContaining('Connect, Speak'),
      fix: expect.stringContaining('Permissions'),
      data: {
        missing: ['CONNECT', 'SPEAK'],
        voiceChannel: { id: closed.id },
        guilds: [{ id: guild.id, name: 'Hall of Quiet' }],
      },
    });
    const open = createChannel(discord, guild.id, { name: 'Open', type: 'voice' });
    const place = { guild: guild.id, voiceChannel: open.id };
    expect(await ask(tenant, 'PUT', '/place', { ...place, voiceChannel: '80351110224678912' })).toMatchObject({
      status: 200,
    });
    expect(await settled(tenant, 'voice-permissions')).toMatchObject({ code: 'onboarding.place-gone' });
    expect(await ask(tenant, 'PUT', '/place', place)).toMatchObject({ status: 200, body: { place } });
    expect(await settled(tenant, 'plays')).toMatchObject({ state: 'passed' });
    await ask(tenant, 'PUT', '/place', { guild: guild.id, voiceChannel: closed.id });
    expect(await settled(tenant, 'voice-permissions')).toMatchObject({ state: 'needs-you' });
    updateChannel(discord, guild.id, closed.id, { overwrites: [] });
    expect(await settled(tenant, 'plays')).toMatchObject({ state: 'passed' });
    expect(await ask(tenant, 'POST', '/checks/plays/retry')).toMatchObject({ status: 200 });
    expect(await settled(tenant, 'plays')).toMatchObject({ state: 'passed' });
  });
});

describe('an onboarding', () => {
  it('that was interrupted continues by itself after the last passed check', async () => {
    const { tenant, person, application } = await newcomer('Interrupted');
    const { world: discord } = world.parts.sandbox;
    const guild = createGuild(discord, 'Hall of Interrupted', person.id);
    createChannel(discord, guild.id, { name: 'Lounge', type: 'voice' });
    installApplication(discord, guild.id, application.id);
    await ask(tenant, 'POST', '', { token: application.token });
    await settled(tenant, 'instance');
    await registersCommands(tenant, application.id);
    expect(await settled(tenant, 'plays')).toMatchObject({ state: 'passed' });
    const ofTenant = 'starts_with(workflow_uuid, $1)';
    const id = `onboarding-${tenant}-`;
    await eventually('its workflow is done', async () => {
      const done = `select 1 from workflows.workflow_status where ${ofTenant} and status = 'SUCCESS'`;
      return (await world.admin.query(done, [id])).rowCount === 1;
    });
    // The state that an api process killed in the middle of a check leaves.
    await world.admin.query(
      `update onboarding set underway = true, document = jsonb_set(
         document #- '{checks,plays}' #- '{checks,voice-permissions}', '{checks,joined}', '{"state":"running"}')
       where tenant_id = $1`,
      [tenant],
    );
    await world.admin.query(
      `delete from workflows.operation_outputs where ${ofTenant} and function_name ~ 'choose a voice channel|be heard'`,
      [id],
    );
    await world.admin.query(`delete from workflows.workflow_output where ${ofTenant}`, [id]);
    await world.admin.query(`update workflows.workflow_status set status = 'PENDING' where ${ofTenant}`, [id]);
    await eventually('it is continued', () => stored(tenant, 'plays', 'passed'), 45_000);
    expect(await settled(tenant, 'plays')).toMatchObject({ state: 'passed' });
    expect(await read(tenant)).toMatchObject({ done: true });
  });

  it('is seen by a viewer who cannot touch it, and does not exist for others', async () => {
    const { tenant, application } = await newcomer('Private');
    const { token } = application;
    const attempts: readonly [string, 'POST' | 'PUT', unknown][] = [
      ['', 'POST', { token }],
      ['/resume', 'POST', undefined],
      ['/checks/token/retry', 'POST', undefined],
      ['/place', 'PUT', { guild: '1', voiceChannel: '2' }],
    ];
    expect(await ask(tenant, 'GET', '', undefined, sessions.viewer)).toMatchObject({ status: 200 });
    for (const [rest, method, body] of attempts) {
      const by = (session: string): Promise<Answer> => ask(tenant, method, rest, body, session);
      expect(await by(sessions.viewer), rest).toMatchObject({ status: 403, code: 'api.denied' });
      expect(await by(sessions.stranger), rest).toMatchObject({ status: 404, code: 'tenant.unknown' });
    }
    const { rows } = await world.admin.query('select 1 from onboarding where tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
    expect((await ask(tenant, 'POST', '/checks/nonsense/retry')).status).toBe(404);
  });
});

interface Workflow {
  readonly id: string;
  readonly workflow: string;
  readonly status: string;
  readonly tenant: string | null;
}

describe('an operator', () => {
  const operator = (method: 'GET' | 'POST', rest = '', session = world.owner) =>
    world.doors.public({ method, path: `/v1/operator/workflows${rest}`, session });
  const workflowOf = async (tenant: TenantId): Promise<Workflow> => {
    const { items } = (await operator('GET', '?limit=200')).body as { items: Workflow[] };
    const [found, ...others] = items.filter((each) => each.tenant === tenant);
    if (!found || others.length > 0) throw new Error(`there are ${others.length + 1} workflows, or none`);
    return found;
  };
  const tenantNow = async (tenant: TenantId) =>
    ((await world.doors.public({ path: `/v1/tenants/${tenant}`, session: world.owner })).body as { tenant: unknown })
      .tenant;

  /** A newcomer whose bot waits for its invitation. */
  async function waiting(name: string) {
    const newly = await newcomer(name);
    await ask(newly.tenant, 'POST', '', { token: newly.application.token });
    await settled(newly.tenant, 'instance');
    await registersCommands(newly.tenant, newly.application.id);
    await settled(newly.tenant, 'invite');
    return newly;
  }

  it('sees where an onboarding stands, and has it taken back: the tenant is as it was before', async () => {
    const { tenant, application } = await waiting('Regretted');
    const before = await workflowOf(tenant);
    expect(before).toMatchObject({
      workflow: 'onboarding',
      status: 'running',
      completed: ['check and store the token', 'start the bot', 'wait for its commands'],
      step: { name: 'wait for its invitation', attempt: 1, failure: null, since: expect.any(String) },
      failure: null,
      compensable: true,
      compensation: null,
    });
    expect(await operator('POST', `/${before.id}/retry`)).toMatchObject({ status: 409, code: 'saga.not-failed' });
    for (const session of [sessions.owner, sessions.stranger])
      expect(await operator('POST', `/${before.id}/compensate`, session)).toMatchObject({ status: 403 });
    expect(await tenantNow(tenant)).toMatchObject({ status: 'active', applicationId: application.id });
    const identityOf = () => world.parts.installation.botIdentity(tenant);
    const identity = await identityOf();
    const commandsAt = `/discord-edge/v1/tenants/${tenant}/rest/applications/${application.id}/commands`;
    const call = (from = identity) => world.doors.call(from, { path: commandsAt });
    expect((await call()).status).toBe(200);
    await using stream = await follow(
      `http://127.0.0.1:${world.parts.proxy.publicPort}`,
      `/v1/tenants/${tenant}/onboarding/events`,
      sessions.owner,
    );

    expect(await operator('POST', `/${before.id}/compensate`)).toMatchObject({ status: 202, body: { id: before.id } });
    await eventually('it is taken back', async () => {
      const { compensation } = (await workflowOf(tenant)) as Workflow & { compensation: { status: string } | null };
      return compensation?.status === 'done';
    });
    expect(await workflowOf(tenant)).toMatchObject({
      id: before.id,
      status: 'failed',
      failure: { code: 'saga.stopped' },
    });
    expect(await tenantNow(tenant)).toMatchObject({ status: 'created', applicationId: null, botUsername: null });
    const kept =
      'select 1 from application_credential where tenant_id = $1 union select 1 from gateway_session where tenant_id = $1';
    expect((await world.admin.query(kept, [tenant])).rows).toEqual([]);
    const { rows } = await world.admin.query('select desired from instance where tenant_id = $1', [tenant]);
    expect(rows).toEqual([{ desired: 'stopped' }]);
    expect(await read(tenant)).toMatchObject({ checks: [], done: false });
    await eventually('its owner sees it', () => views(stream).at(-1)?.checks.length === 0);
    const records = await world.audit(tenant);
    const reason = 'its onboarding was compensated';
    expect(records).toContainEqual(expect.objectContaining({ action: 'tenant.update', reason, outcome: 'succeeded' }));
    expect(records).toContainEqual(expect.objectContaining({ action: 'credential.delete', outcome: 'succeeded' }));
    expect(await world.audit(tenantId('ten_00000000000000000000000000'))).toContainEqual(
      expect.objectContaining({ action: 'workflow.compensate', target: `workflow:${before.id}`, outcome: 'succeeded' }),
    );

    for (const verb of ['retry', 'compensate'])
      expect(await operator('POST', `/${before.id}/${verb}`)).toMatchObject({ status: 409, code: 'saga.compensated' });
    // Its owner begins again, with the same application.
    await ask(tenant, 'POST', '', { token: application.token });
    expect(await settled(tenant, 'instance')).toMatchObject({ state: 'passed' });
    expect(await workflowOf(tenant)).toMatchObject({ status: 'running', compensation: null });
    // Whoever has the bot's old identity is not even let in any more.
    expect((await call(await identityOf())).status).toBe(200);
    await expect(call()).rejects.toThrow(/closed|ECONNRESET/);
  });

  it('can have none taken back that is done, whose bot was heard, or whose tenant had a token before', async () => {
    const { tenant, person, application } = await waiting('Content');
    const { world: discord } = world.parts.sandbox;
    const guild = createGuild(discord, 'Hall of Content', person.id);
    createChannel(discord, guild.id, { name: 'Lounge', type: 'voice' });
    installApplication(discord, guild.id, application.id);
    await settled(tenant, 'plays');
    await eventually('it is done', async () => (await workflowOf(tenant)).status === 'done');
    const refused = async (code: string, message: RegExp, of = tenant) => {
      const answer = await operator('POST', `/${(await workflowOf(of)).id}/compensate`);
      expect(answer).toMatchObject({ status: 409, code });
      expect(answer.text).toMatch(message);
    };
    await refused('saga.done', /is done/);
    await ask(tenant, 'PUT', '/place', { guild: guild.id, voiceChannel: '80351110224678912' });
    await settled(tenant, 'voice-permissions');
    await refused('saga.not-compensable', /has been heard/);
    expect(await tenantNow(tenant)).toMatchObject({ status: 'active', applicationId: application.id });
    expect((await workflowOf(tenant)).status).toBe('running');

    const before = await newcomer('Stored before');
    const token = { method: 'PUT', path: `/v1/tenants/${before.tenant}/token`, session: world.owner } as const;
    await world.doors.public({ ...token, body: { token: before.application.token } });
    await ask(before.tenant, 'POST', '/resume');
    await settled(before.tenant, 'stored');
    await refused('saga.not-compensable', /had a token before it/, before.tenant);
  });

  it('retries one whose token was refused: it is asked for again', async () => {
    const { tenant } = await newcomer('Refused again');
    await ask(tenant, 'POST', '', { token: 'nonsense' });
    await settled(tenant, 'token');
    await eventually('it has failed', async () => (await workflowOf(tenant)).status === 'failed');
    const failed = await workflowOf(tenant);
    expect(failed).toMatchObject({
      failure: { code: 'credential.malformed' },
      step: { name: 'check and store the token', attempt: null },
    });
    expect(await operator('POST', `/${failed.id}/retry`)).toMatchObject({ status: 202 });
    await eventually(
      'it failed again',
      async () => checkOf(await read(tenant), 'token').code === 'onboarding.token-needed',
    );
  });
});

/** Connected and running, not in any server yet. */
const runs = ({ body }: Answer): boolean => (body as { state: { kind: string } }).state.kind === 'not-in-any-server';

describe('a tenant with a token', () => {
  it('whose bot does not start is recorded as active without it; repeating the request starts it', async () => {
    const { tenant, application } = await newcomer('Sleeping');
    const session = world.owner;
    const at = (rest: string, method: 'GET' | 'POST' | 'PUT' = 'POST', body?: unknown) =>
      world.doors.public({ method, path: `/v1/tenants/${tenant}${rest}`, session, ...(body ? { body } : {}) });
    expect(await at('/token', 'PUT', { token: application.token })).toMatchObject({ status: 200 });
    const { rows } = await world.admin.query<{ sealed: Buffer }>(
      'select sealed from application_credential where tenant_id = $1',
      [tenant],
    );
    const seal = (sealed: Buffer | undefined) =>
      world.admin.query('update application_credential set sealed = $1 where tenant_id = $2', [sealed, tenant]);
    expect(await at('/suspend', 'POST', { reason: 'a test' })).toMatchObject({ status: 200 });
    await seal(rows[0]?.sealed.subarray(0, 20));
    const failed = await at('/resume');
    expect(failed, failed.text).toMatchObject({ status: 503, code: 'tenant.not-started' });
    expect(await at('', 'GET')).toMatchObject({ body: { tenant: { status: 'active' }, ready: false } });
    const records = (await world.audit(tenant)).filter(({ action }) => action === 'tenant.resume');
    expect(records.map(({ outcome }) => outcome)).toEqual(['succeeded', 'failed']);
    await seal(rows[0]?.sealed);
    expect(await at('/resume')).toMatchObject({ status: 200, body: { status: 'active' } });
    await eventually('its bot is back', async () => runs(await at('', 'GET')));
  });

  it('keeps its application, whichever token is stored later', async () => {
    const { tenant, person, application } = await newcomer('Faithful');
    const { world: discord } = world.parts.sandbox;
    const store = (token: string, applicationId?: string) =>
      world.doors.public({
        method: 'PUT',
        path: `/v1/tenants/${tenant}/token`,
        session: sessions.owner,
        body: { token, ...(applicationId ? { applicationId } : {}) },
      });
    expect(await store(application.token)).toMatchObject({ status: 200 });
    const other = createApplication(discord, 'Rival', person.id);
    for (const refused of [await store(other.token), await store(other.token, other.id)]) {
      expect(refused).toMatchObject({ status: 422, code: 'credential.other-application' });
      expect(refused.text).toContain(application.id);
      expect(refused.text).not.toContain(other.token);
    }
    expect(await store(resetToken(discord, application.id))).toMatchObject({
      status: 200,
      body: { applicationId: application.id },
    });
    await eventually('its session is a new one', async () => {
      const state = await world.doors.public({ path: `/v1/tenants/${tenant}`, session: sessions.owner });
      return runs(state);
    });
  });
});
