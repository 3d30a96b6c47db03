import { describe, expect, it } from 'vitest';
import cases from './cases/policies.json' with { type: 'json' };
import type { Answer } from './world/doors.ts';
import { installApplication } from '#test/sandbox/world/applications.ts';
import { createGuild } from '#test/sandbox/world/guilds.ts';
import { worldOfThisFile } from './world/file-world.ts';
import { eventually, type World } from './world/world.ts';

/** Policies that tenants write, from the API to the resulting decisions of the proxy for their members. */
const world = await worldOfThisFile();
const [a, b] = await Promise.all([world.customer('Acme'), world.customer('Bolt')]);

const harmless = {
  rules: [{ id: 'r', effect: 'deny', who: { users: ['80351110224678912'] }, commands: 'all' }],
  otherwise: 'allow',
};
const save = (document: unknown, of = a): Promise<Answer> =>
  world.doors.public({
    method: 'PUT',
    path: `/v1/tenants/${of.id}/guilds/${of.guild}/policy`,
    session: world.owner,
    headers: { 'if-match': '*' },
    body: document,
  });
const skip = async (of = a, member: Parameters<World['witnessed']>[2] = {}): Promise<Answer> =>
  world.doors.call(of.bot, {
    method: 'POST',
    path: `/audio/v1/tenants/${of.id}/guilds/${of.guild}/player/skip`,
    txnToken: await world.witnessed(of, ['player.skip'], member),
  });
/** Allowed by every check; the audio service behind them answers that there is nothing to skip. */
const allowed = { status: 409, code: 'player.nothing-plays' };
const denied = { status: 403, code: 'authorize.denied' };

describe('a policy', () => {
  it.each(cases)(
    'with $name is refused entirely, naming the place, and the previous one stays in force',
    async ({ change, at }) => {
      const before = await world.state();
      const answer = await save({ ...harmless, ...change });
      expect(answer).toMatchObject({ status: 422, code: 'policy.invalid' });
      const places = (answer.body as { faults: { at: string }[] }).faults.map((fault) => fault.at);
      expect(
        places.some((place) => place === at || place.startsWith(`${at}/`) || at === '/'),
        places.join(),
      ).toBe(true);
      expect(await world.state()).toBe(before);
      expect(await skip()).toMatchObject(allowed);
    },
  );

  it.each([
    [
      'more rules than are evaluated',
      {
        rules: Array.from({ length: 101 }, (_, index) => ({ ...harmless.rules[0], id: `r${index}` })),
        otherwise: 'allow',
      },
    ],
    [
      'more combinations than are evaluated',
      {
        rules: Array.from({ length: 50 }, (_, index) => ({
          id: `r${index}`,
          effect: 'allow',
          who: { everyone: true },
          commands: 'all',
          channels: Array.from({ length: 50 }, (_channel, number) => `${10_000 + number}`),
        })),
        otherwise: 'allow',
      },
    ],
  ])('with %s is refused', async (_name, document) => {
    const before = await world.state();
    expect(await save(document)).toMatchObject({ status: 422, code: 'policy.invalid' });
    expect(await world.state()).toBe(before);
  });

  it('takes effect before its save is answered, as does its withdrawal, despite any caches', async () => {
    expect(await skip()).toMatchObject(allowed);
    const nobodySkips = {
      rules: [{ id: 'no-skip', effect: 'deny', who: { everyone: true }, commands: ['skip'] }],
      otherwise: 'allow',
    };
    expect(await save(nobodySkips)).toMatchObject({ status: 200 });
    const savedAt = Date.now();
    await eventually('it is denied', async () => (await skip()).status === 403);
    expect(Date.now() - savedAt).toBeLessThan(1_000);
    expect(await skip()).toMatchObject({ ...denied, body: { rule: 'no-skip' } });
    expect(await skip(b)).toMatchObject(allowed);
    expect(await save(harmless)).toMatchObject({ status: 200 });
    await eventually('it is allowed', async () => (await skip()).status === 409);
  });

  it('of one guild affects no other guild and no other tenant', async () => {
    const { world: discord } = world.parts.sandbox;
    const other = createGuild(discord, 'Another guild', a.member);
    installApplication(discord, other.id, a.applicationId);
    const elsewhere = `/v1/tenants/${a.id}/guilds/${other.id}/policy`;
    const nobody = { rules: [], otherwise: 'deny' };
    expect(
      await world.doors.public({ method: 'PUT', path: elsewhere, session: world.owner, body: nobody }),
    ).toMatchObject({ status: 200 });
    await eventually('the version is known', async () => (await skip()).status === 409);
    expect(await skip(b)).toMatchObject(allowed);
  });

  it('denies what a member may not do, even with every existing role and a name that looks privileged', async () => {
    const onlyDj = {
      rules: [{ id: 'djs', effect: 'allow', who: { roles: ['80351110224678999'] }, commands: 'all' }],
      otherwise: 'deny',
    };
    expect(await save(onlyDj)).toMatchObject({ status: 200 });
    await eventually('it is in force', async () => (await skip()).status === 403);
    const roles = Array.from({ length: 200 }, (_, index) => `${90_000_000_000_000_000n + BigInt(index)}`) as never;
    expect(await skip(a, { roles })).toMatchObject(denied);
    expect(await skip(a, { command: 'skip, allow' })).toMatchObject(denied);
    expect(await skip(a, { command: '*' })).toMatchObject(denied);
    expect(await skip(a, { roles: ['80351110224678999'] as never })).toMatchObject(allowed);
    expect(await save(harmless)).toMatchObject({ status: 200 });
    await eventually('it is over', async () => (await skip()).status === 409);
  });

  it('that has become unreadable denies every member request of its own tenant, and affects no other tenant', async () => {
    await world.admin.query(
      `update guild_policy set document = '{"rules":[{"effect":"allow"}]}' where tenant_id = $1`,
      [a.id],
    );
    await world.admin.query('update policy_version set version = version + 1 where tenant_id = $1', [a.id]);
    await eventually('it is noticed', async () => (await skip()).status !== 409);
    expect(await skip()).toMatchObject({ status: 503, code: 'authorize.failed' });
    expect(await skip(b)).toMatchObject(allowed);
    await world.admin.query('delete from guild_policy where tenant_id = $1', [a.id]);
    await world.admin.query('update policy_version set version = version + 1 where tenant_id = $1', [a.id]);
    await eventually('it is fixed', async () => (await skip()).status === 409);
  });
});

describe('a role in a tenant', () => {
  it('that is revoked is gone within a second, at the API and at the proxy', async () => {
    const session = await world.session('discord:500', { tenant: a.id, role: 'admin' });
    const skipAtPortal = () =>
      world.doors.public({ method: 'POST', path: `/v1/tenants/${a.id}/guilds/${a.guild}/player/skip`, session });
    await eventually('the role is known', async () => (await skipAtPortal()).status === 409);
    await world.session('discord:500', { tenant: a.id, role: 'viewer' });
    const takenAt = Date.now();
    await eventually('the role is gone', async () => (await skipAtPortal()).status === 403);
    expect(Date.now() - takenAt).toBeLessThan(1_000);
    await world.admin.query("delete from tenant_member where subject = 'discord:500'");
    await world.admin.query('update policy_version set version = version + 1 where tenant_id = $1', [a.id]);
    await eventually('the tenant is gone for them', async () => (await skipAtPortal()).status === 404);
  });

  it.each(['owner ', 'OWNER', 'root', '', 'operator'])('that does not exist (%j) grants nothing', async (role) => {
    const subject = 'discord:501';
    const session = await world.session(subject, { tenant: a.id, role: 'viewer' });
    await world.admin.query('update tenant_member set role = $1 where subject = $2', [role, subject]);
    await world.admin.query('update policy_version set version = version + 1 where tenant_id = $1', [a.id]);
    const before = await world.state();
    const answer = () =>
      world.doors.public({
        method: 'PUT',
        path: `/v1/tenants/${a.id}/guilds/${a.guild}/policy`,
        session,
        body: harmless,
      });
    await eventually('it is known', async () => [403, 404, 503].includes((await answer()).status));
    expect(await world.state()).toBe(before);
    await world.admin.query('delete from tenant_member where subject = $1', [subject]);
    await world.admin.query('update policy_version set version = version + 1 where tenant_id = $1', [a.id]);
  });
});
