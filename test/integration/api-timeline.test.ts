import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { goToVoice } from '#test/sandbox/world/acting/person.ts';
import { scratchFolder } from '#test/scratch.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';
import type { RecentPlays } from '#services/api/src/statistics/recent-plays.ts';
import { bailiwick } from './cli-in-process.ts';

/*
 * What played in a server at a time, who asked, what was the policy then, and what was denied and why: one answer, which
 * stays the same whatever happens later.
 */
let world: World;
let acme: Customer;
let other: Customer;
const sessions = {} as Record<'owner' | 'admin' | 'auditor' | 'viewer' | 'stranger' | 'operator', string>;
/** Between what happens. */
const times = {} as Record<'before' | 'played' | 'denied' | 'skipped', string>;
let bell: { title: string };
let decision: string;

const at = (rest: string, { id, guild }: Customer = acme) => `/v1/tenants/${id}/guilds/${guild}${rest}`;
const get = (path: string, session?: string) => world.doors.public({ path, ...(session ? { session } : {}) });
const momentAt = async (time: string) => {
  const answer = await get(at(`/timeline?at=${encodeURIComponent(time)}`), sessions.owner);
  expect(answer.status, answer.text).toBe(200);
  return answer.body as {
    player: {
      state: string;
      current: { title: string; requestedBy: string } | null;
      queue: { title: string }[];
    } | null;
    policy: { version: number };
    denials: { record: { decision: string; action: string; reason: string } }[];
    tenant: object | null;
    credential: object | null;
  };
};
/** A time with nothing beside it. */
const aMoment = async (): Promise<string> => {
  await new Promise((resolve) => setTimeout(resolve, 30));
  const now = new Date().toISOString();
  await new Promise((resolve) => setTimeout(resolve, 30));
  return now;
};

/** @returns the folder of its session */
async function commandLineAs(token: string): Promise<string> {
  const folder = await scratchFolder('timeline');
  const file = path.join(folder, 'session.json');
  const url = `http://127.0.0.1:${world.parts.proxy.publicPort}`;
  await writeFile(file, JSON.stringify({ url, token }));
  vi.stubEnv('BAILIWICK_SESSION', file);
  return folder;
}

async function asBot(command: string, rest: string, options: Record<string, string> = {}) {
  const { txnToken } = await world.types(acme, command, options);
  const body = Object.keys(options).length > 0 ? { body: options } : {};
  const path = `/audio/v1/tenants/${acme.id}/guilds/${acme.guild}/player/${rest}`;
  return world.doors.call(acme.bot, { method: 'POST', path, txnToken, ...body });
}

beforeAll(async () => {
  world = await startWorld();
  [acme, other] = await Promise.all([world.customer('Acme'), world.customer('Other')]);
  for (const [index, role] of (['owner', 'admin', 'auditor', 'viewer'] as const).entries())
    sessions[role] = await world.session(`discord:10${index}`, { tenant: acme.id, role });
  sessions.stranger = await world.session('discord:200', { tenant: other.id, role: 'owner' });
  sessions.operator = await world.session('operator:visitor');
  goToVoice(world.parts.sandbox.world, acme.guild, acme.member, acme.voice);

  times.before = await aMoment();
  for (const query of ['forty second loop', 'glass winter', 'eight second bell'])
    expect(await asBot('play', 'queue', { query })).toMatchObject({ status: 200 });
  const playing = async () =>
    (await get(at('/player'), sessions.owner)).body as { state: string; current: { title: string } };
  await eventually('it plays', async () => (await playing()).state === 'playing');
  bell = (await playing()).current;
  times.played = await aMoment();

  const policy = {
    rules: [{ id: 'no-skip', effect: 'deny', who: { everyone: true }, commands: ['skip'] }],
    otherwise: 'allow',
  };
  const save = (body: unknown) =>
    world.doors.public({
      method: 'PUT',
      path: at('/policy'),
      session: sessions.admin,
      body,
      headers: { 'if-match': '*' },
    });
  expect((await save(policy)).status).toBe(200);
  await eventually('it is denied', async () => {
    const refused = await asBot('skip', 'skip');
    if (refused.status === 403) decision = (refused.body as { decision: string }).decision;
    return refused.status === 403;
  });
  times.denied = await aMoment();
  expect((await save({ rules: [], otherwise: 'allow' })).status).toBe(200);
  const skipped = await world.doors.public({ method: 'POST', path: at('/player/skip'), session: sessions.admin });
  expect(skipped.status, skipped.text).toBe(200);
  times.skipped = await aMoment();
  await eventually('the denial is sealed', async () =>
    (await get(at(`/timeline?at=${times.denied}`), sessions.owner)).text.includes(decision),
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world?.[Symbol.asyncDispose]();
});

describe('a moment', () => {
  it('shows what played, who had asked for it, and what was to come', async () => {
    const { player } = await momentAt(times.played);
    expect(player).toMatchObject({
      state: 'playing',
      current: { title: bell.title, requestedBy: acme.member },
      queueLength: 2,
      voiceChannel: acme.voice,
    });
    expect((await momentAt(times.skipped)).player).toMatchObject({
      current: { title: player?.queue[0]?.title },
      queueLength: 1,
    });
  });

  it('shows the policy then, and not the present one', async () => {
    const versions = await Promise.all(
      [times.before, times.denied, times.skipped].map(async (time) => (await momentAt(time)).policy.version),
    );
    expect(versions).toEqual([0, 1, 2]);
  });

  it('shows what had been denied by then, with the decision that explains why', async () => {
    expect((await momentAt(times.played)).denials).toEqual([]);
    const { denials } = await momentAt(times.denied);
    const denied = denials.find(({ record }) => record.decision === decision);
    expect(denied?.record).toMatchObject({ action: 'player.skip', rule: 'no-skip', onBehalfOf: { id: acme.member } });
    const explained = await get(`/v1/tenants/${acme.id}/decisions/${decision}`, sessions.owner);
    expect(explained).toMatchObject({ status: 200, body: { allowed: false, replay: { agrees: true } } });
  });

  it('from before anything happened has no player', async () => {
    expect(await momentAt(times.before)).toMatchObject({ player: null, denials: [] });
    expect(await momentAt('1970-01-01T00:00:00+01:00')).toMatchObject({ player: null });
  });
});

describe('what happened', () => {
  const list = async (query: string) => {
    const answer = await get(at(`/timeline/events?${query}`), sessions.owner);
    expect(answer.status, answer.text).toBe(200);
    return answer.body as {
      items: { type: string; version: number; at: string; data: object }[];
      nextCursor: string | null;
    };
  };

  it('before there was anything is nothing', async () => {
    expect(await list('from=1900-01-01T00:00:00Z&to=1969-12-31T23:59:59Z')).toEqual({ items: [], nextCursor: null });
  });

  it('is listed in order, page by page, for a time', async () => {
    const whole = await list(`from=${times.before}&to=${times.skipped}&limit=100`);
    expect(whole.nextCursor).toBeNull();
    expect(whole.items.map(({ version }) => version)).toEqual(whole.items.map((_, index) => index + 1));
    expect(whole.items.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['TracksAdded', 'TrackStarted', 'TrackEnded']),
    );
    const first = await list(`from=${times.before}&to=${times.skipped}&limit=4`);
    const second = await list(`from=${times.before}&to=${times.skipped}&limit=100&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items]).toEqual(whole.items);
    const after = await list(`from=${times.denied}&to=${times.skipped}`);
    expect(after.items[0]).toMatchObject({
      type: 'TrackEnded',
      data: { ending: 'skipped', track: { title: bell.title } },
    });
    const cursor = await get(
      at(`/timeline/events?from=${times.played}&to=${times.skipped}&cursor=${first.nextCursor}`),
      sessions.owner,
    );
    expect(cursor).toMatchObject({ status: 400, code: 'page.cursor' });
  });
});

describe('the tenant and its token', () => {
  /** What was suspended by the operator for a while. */
  const when = {} as Record<'before' | 'running' | 'suspended' | 'resumed', string>;
  let late: Customer;
  let owner: string;
  const own = (rest: string) => `/v1/tenants/${late.id}${rest}`;
  const thenAt = async (time: string, session = owner) => {
    const answer = await get(own(`/timeline?at=${time}`), session);
    expect(answer.status, answer.text).toBe(200);
    return answer.body;
  };
  const post = async (rest: string, body?: object) => {
    const answer = await world.doors.public({
      method: 'POST',
      path: own(rest),
      session: sessions.operator,
      ...(body ? { body } : {}),
    });
    expect(answer.status, answer.text).toBe(200);
  };

  beforeAll(async () => {
    when.before = await aMoment();
    late = await world.customer('Late');
    owner = await world.session('discord:300', { tenant: late.id, role: 'owner' });
    await eventually('its token is accepted', async () =>
      (await get(own(`/timeline?at=${new Date().toISOString()}`), owner)).text.includes('"accepted"'),
    );
    when.running = await aMoment();
    await post('/suspend', { reason: 'It plays too loudly' });
    when.suspended = await aMoment();
    await post('/resume');
    when.resumed = await aMoment();
  });

  it('are in one answer with the player, the policy and the denials of a server', async () => {
    const { tenant, credential, policy } = await momentAt(times.denied);
    expect(policy.version).toBe(1);
    expect(tenant).toMatchObject({ name: 'Acme', status: 'active', reason: null, suspendedBy: null });
    expect(credential).toMatchObject({ state: 'accepted', applicationId: acme.applicationId, refusal: null });
  });

  it('tell who suspended it and why, then and not now', async () => {
    expect(await thenAt(when.before)).toMatchObject({ tenant: null, credential: { state: 'none', last: null } });
    expect(await thenAt(when.running)).toMatchObject({
      tenant: { name: 'Late', status: 'active', last: { type: 'TenantActivated' } },
      credential: { state: 'accepted', keyVersion: 1, last: { type: 'CredentialAccepted', by: 'discord' } },
    });
    expect(await thenAt(when.suspended)).toMatchObject({
      tenant: {
        status: 'suspended',
        reason: 'It plays too loudly',
        suspendedBy: 'operator:visitor',
        last: { type: 'TenantSuspended', by: 'operator:visitor' },
      },
      credential: { state: 'accepted' },
    });
    expect(await thenAt(when.resumed)).toMatchObject({ tenant: { status: 'active', reason: null, suspendedBy: null } });
    // Long before events are kept, nobody knows; the moments that are kept stay the same.
    expect(await thenAt('2001-01-01T00:00:00Z')).toMatchObject({ tenant: null, credential: null });
  });

  it('are listed together in order, page by page', async () => {
    const listed = async (query: string) => {
      const answer = await get(own(`/timeline/events?from=${when.before}&to=${when.resumed}${query}`), owner);
      expect(answer.status, answer.text).toBe(200);
      return answer.body as { items: { type: string; at: string }[]; nextCursor: string | null };
    };
    const whole = await listed('');
    expect(whole.nextCursor).toBeNull();
    expect(whole.items.map(({ type }) => type)).toEqual([
      'TenantCreated',
      'CredentialStored',
      'TenantActivated',
      'CredentialAccepted',
      'TenantSuspended',
      'TenantResumed',
    ]);
    expect(JSON.stringify(whole)).not.toContain('"before"');
    const pages: object[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await listed(`&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      pages.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(pages).toEqual(whole.items);
  });

  it('are for whoever may read the audit log of this tenant', async () => {
    for (const path of [
      own(`/timeline?at=${when.running}`),
      own(`/timeline/events?from=${when.before}&to=${when.resumed}`),
    ]) {
      expect(await get(path)).toMatchObject({ status: 401 });
      expect(await get(path, sessions.stranger)).toMatchObject({ status: 404, code: 'tenant.unknown' });
      const viewer = await world.session('discord:301', { tenant: late.id, role: 'viewer' });
      expect(await get(path, viewer)).toMatchObject({ status: 403, code: 'api.denied' });
      const auditor = await world.session('discord:302', { tenant: late.id, role: 'auditor' });
      expect(await get(path, auditor)).toMatchObject({ status: 200 });
    }
    expect(await get(own('/timeline?at=yesterday'), owner)).toMatchObject({ status: 400, code: 'http.invalid' });
  });

  it('show at the command line', async () => {
    const folder = await commandLineAs(owner);
    const shown = await bailiwick('timeline', late.id, '--at', when.suspended);
    expect(shown).toMatchObject({ code: 0, error: '' });
    expect(shown.out).toContain('tenant  Late, suspended by operator:visitor: It plays too loudly, since');
    expect(shown.out).toContain(`token   accepted by Discord, application ${late.applicationId}, since`);
    const listed = await bailiwick('timeline', late.id, '--from', when.before, '--to', when.resumed);
    expect(listed.out).toMatch(/TenantSuspended +It plays too loudly, by operator:visitor/);
    expect(JSON.parse((await bailiwick('timeline', late.id, '--json')).out)).toMatchObject({
      tenant: { name: 'Late' },
    });
    await rm(folder, { recursive: true, force: true });
  });
});

describe.each([
  '/timeline?at=2026-01-01T00:00:00Z',
  '/timeline/events?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z',
])('%s', (path) => {
  it.each(['owner', 'admin', 'auditor', 'operator'] as const)(
    'may be read by %s, who may read the audit log',
    async (role) => {
      const answer = await get(at(path), sessions[role]);
      expect(answer.status, answer.text).toBe(200);
    },
  );

  it('may not be read by a viewer, which is recorded', async () => {
    expect(await get(at(path), sessions.viewer)).toMatchObject({ status: 403, code: 'api.denied' });
    await eventually('the denial is in the log', async () =>
      (await world.audit(acme.id)).some(
        ({ action, outcome, actor, onBehalfOf }) =>
          action === 'audit.read' && outcome === 'denied' && [actor.id, onBehalfOf?.id].includes('discord:103'),
      ),
    );
  });

  it('does not exist for the owner of another tenant, and needs a session', async () => {
    expect(await get(at(path), sessions.stranger)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    expect(await get(at(path))).toMatchObject({ status: 401, code: 'session.required' });
    // The other tenant's bot is not in this server, and its own timeline of it is empty.
    const elsewhere = await get(at(path, { ...other, guild: acme.guild }), sessions.stranger);
    expect(elsewhere.text).not.toContain(bell.title);
  });
});

it.each([
  '/timeline',
  '/timeline?at=yesterday',
  '/timeline?at=2026-01-01',
  '/timeline?at=2026-01-01T00:00:00Z&more=1',
  '/timeline/events?from=2026-01-01T00:00:00Z',
  '/timeline/events?from=2026-01-01T00:00:00Z&to=x',
  '/timeline/events?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z&limit=101',
])('refuses %s', async (path) => {
  expect(await get(at(path), sessions.owner)).toMatchObject({ status: 400, code: 'http.invalid' });
});

describe('statistics', () => {
  const lastDay = () =>
    new URLSearchParams({
      from: new Date(Date.now() - 12 * 60 * 60_000).toISOString(),
      to: new Date(Date.now() + 60_000).toISOString(),
    }).toString();
  const read = async (rest = '', of = acme, session = sessions.admin) => {
    const answer = await get(
      `/v1/tenants/${of.id}/statistics${rest}${rest.includes('?') ? '&' : '?'}${lastDay()}`,
      session,
    );
    expect(answer.status, answer.text).toBe(200);
    return answer;
  };
  interface Counts {
    plays: { at: string; played: number; skipped: number }[];
    hours: { weekday: number; hour: number; played: number }[];
    starts: { p50Ms: number | null; buckets: { plays: number }[] };
  }
  const counts = async (rest = '', of = acme, session = sessions.admin) =>
    (await read(rest, of, session)).body as Counts;
  const sum = (numbers: readonly number[]) => numbers.reduce((all, each) => all + each, 0);

  it('count what was played and how it ended, by the hours and days of a time zone', async () => {
    await eventually(
      'both tracks are counted',
      async () => sum((await counts('?by=hour')).plays.map(({ played }) => played)) === 2,
    );
    const inKathmandu = await counts('?by=hour&timeZone=Asia/Kathmandu');
    // A quarter of an hour beside the hours of UTC.
    expect(new Set(inKathmandu.plays.map(({ at: time }) => new Date(time).getUTCMinutes()))).toEqual(new Set([15]));
    expect(sum(inKathmandu.plays.map(({ skipped }) => skipped))).toBe(1);
    const [busiest] = inKathmandu.hours;
    const there = new Date(Date.now() + (5 * 60 + 45) * 60_000);
    expect([there.getUTCDay() || 7, (there.getUTCDay() + 6) % 7 || 7]).toContain(busiest?.weekday);
    expect(sum(inKathmandu.hours.map(({ played }) => played))).toBe(2);
    expect(sum(inKathmandu.starts.buckets.map(({ plays }) => plays))).toBe(2);
    expect(inKathmandu.starts.p50Ms).toBeGreaterThan(0);
    expect((await counts('?by=week')).plays.length).toBeLessThanOrEqual(2);
    expect(sum((await counts(`?guild=${acme.guild}`)).plays.map(({ played }) => played))).toBe(2);
    expect(sum((await counts('?guild=1')).plays.map(({ played }) => played))).toBe(0);
    expect(sum((await counts('', other, sessions.stranger)).plays.map(({ played }) => played))).toBe(0);
  });

  it('name what was played most, and who asked for it', async () => {
    await eventually('both tracks are counted', async () => {
      const { tracks, members } = (await read('/top')).body as {
        tracks: { title: string; plays: number }[];
        members: unknown[];
      };
      if (tracks.length < 2) return false;
      expect(tracks).toContainEqual(expect.objectContaining({ title: bell.title, plays: 1 }));
      expect(members).toEqual([{ guild: acme.guild, user: acme.member, plays: 2 }]);
      return true;
    });
    for (const last of ['hour', 'day']) {
      const recent = await get(`/v1/tenants/${acme.id}/statistics/recent/top?last=${last}`, sessions.admin);
      const { tracks } = recent.body as { tracks: { title: string }[] };
      expect(tracks).toContainEqual(expect.objectContaining({ title: bell.title, plays: 1 }));
    }
    const elsewhere = await read('/top', other, sessions.stranger);
    expect(elsewhere.body).toMatchObject({ tracks: [], members: [] });
  });

  it('say what is played now: by the minute, in the last hour and day, and for how long it was heard', async () => {
    const recent = async (path: string, session: string) => {
      const answer = await get(path, session);
      expect(answer.status, answer.text).toBe(200);
      return answer.body as RecentPlays;
    };
    const own = `/v1/tenants/${acme.id}/statistics/recent`;
    await eventually('both tracks are counted', async () => (await recent(own, sessions.admin)).lastDay.played === 2);
    const { lastHour, minutes, heard, busiest, newestAt, late } = await recent(`${own}?minutes=1440`, sessions.admin);
    expect(lastHour.skipped).toBe(1);
    expect(minutes).toHaveLength(1440);
    expect(sum(minutes.map(({ played }) => played))).toBe(2);
    expect(busiest?.played).toBe(2);
    expect(heard).toHaveLength(24);
    expect(sum(heard.map(({ heardMs }) => heardMs))).toBeGreaterThan(0);
    expect(Math.abs(Date.parse(newestAt ?? '') - Date.now())).toBeLessThan(15 * 60_000);
    expect(late.leftOut).toBe(0);
    const elsewhere = await recent(`/v1/tenants/${other.id}/statistics/recent`, sessions.stranger);
    expect(elsewhere.lastDay.played).toBe(0);
    expect((await recent('/v1/operator/statistics/recent', sessions.operator)).lastDay.played).toBeGreaterThanOrEqual(
      2,
    );
    expect(await get('/v1/operator/statistics/recent', sessions.owner)).toMatchObject({ status: 403 });
  });

  it('are a file for spreadsheets', async () => {
    const { text, headers } = await read('/export?table=tracks');
    expect(text.split('\r\n')[0]).toBe('title,author,uri,plays');
    expect(text).toContain(bell.title);
    expect(headers['content-type']).toMatch(/^text\/csv/);
    expect(headers['content-disposition']).toContain('attachment');
    expect((await read('/export?table=plays')).text).toMatch(/^at,played,finished,skipped,stopped,failed\r\n20/);
    expect((await read('/export?table=members')).text).toBe(`guild,user,plays\r\n${acme.guild},${acme.member},2\r\n`);
  });

  it('are open to a program with a key for them, and to no other program', async () => {
    const keyWith = async (scope: string) => {
      const body = { name: 'Dashboard', scopes: [scope], expiresInDays: 1 };
      const made = await world.doors.public({
        method: 'POST',
        path: `/v1/tenants/${acme.id}/api-keys`,
        session: sessions.owner,
        body,
      });
      expect(made.status, made.text).toBe(201);
      return (made.body as { key: string }).key;
    };
    const [dashboard, reader] = [await keyWith('statistics'), await keyWith('read')];
    for (const path of ['', '/top']) {
      const at = `/v1/tenants/${acme.id}/statistics${path}?${lastDay()}`;
      expect(await get(at, dashboard)).toMatchObject({ status: 200 });
      expect(await get(at, reader)).toMatchObject({ status: 403 });
    }
  });

  it('show at the command line, as text, JSON and CSV', async () => {
    await commandLineAs(sessions.admin);
    const shown = await bailiwick('statistics', acme.id);
    expect(shown).toMatchObject({ code: 0, error: '' });
    for (const text of ['2 tracks played', bell.title, acme.member]) expect(shown.out).toContain(text);
    expect(JSON.parse((await bailiwick('statistics', acme.id, '--server', acme.guild, '--json')).out)).toMatchObject({
      starts: {},
      top: { tracks: expect.any(Array) },
    });
    const csv = await bailiwick('statistics', acme.id, '--csv', 'members', '--from', times.before);
    expect(csv.out).toContain(`${acme.guild},${acme.member},2`);
    const recent = await bailiwick('recent-plays', acme.id);
    expect(recent).toMatchObject({ code: 0, error: '' });
    expect(recent.out).toContain('In the last hour: 2 tracks played, 0 failed');
    expect(recent.out).toMatch(/Most played in the last hour\n {2}1 ×/);
    await commandLineAs(sessions.viewer);
    for (const command of ['statistics', 'recent-plays'])
      expect(await bailiwick(command, acme.id)).toMatchObject({ code: 4, out: '' });
  });
});

describe('read models', () => {
  it('are shown to operators, who have them rebuilt', async () => {
    await commandLineAs(sessions.operator);
    const listed = await bailiwick('projection', 'list');
    expect(listed).toMatchObject({ code: 0, error: '' });
    expect(listed.out).toMatch(/play-statistics .*0 s behind/);
    expect(listed.out).toMatch(/plays-of-all .*0 s behind/);
    expect(await bailiwick('projection', 'rebuild', 'plays-of-all')).toMatchObject({ code: 0, error: '' });
    const { items } = (await get('/v1/operator/projections', sessions.operator)).body as {
      items: { readSince: string }[];
    };
    expect(await bailiwick('projection', 'rebuild', 'play-statistics')).toMatchObject({ code: 0, error: '' });
    await eventually('it was rebuilt', async () => {
      const now = (await get('/v1/operator/projections', sessions.operator)).body as {
        items: { readSince: string; rebuild: unknown }[];
      };
      return now.items[0]?.rebuild === null && now.items[0].readSince !== items[0]?.readSince;
    });
    expect(await bailiwick('projection', 'rebuild', 'nothing')).toMatchObject({ code: 5, out: '' });
    expect(await get('/v1/operator/projections', sessions.owner)).toMatchObject({ status: 403 });
  });
});

it('the command line shows a moment, and lists what happened', async () => {
  const folder = await commandLineAs(sessions.auditor);
  const shown = await bailiwick('timeline', acme.id, acme.guild, '--at', times.denied);
  expect(shown).toMatchObject({ code: 0, error: '' });
  for (const text of [
    bell.title,
    `asked for by ${acme.member}`,
    'version 1, by discord:101',
    '/skip',
    'rule no-skip',
    decision,
  ])
    expect(shown.out).toContain(text);
  const listed = await bailiwick('timeline', acme.id, acme.guild, '--from', times.before, '--to', times.skipped);
  expect(listed.out).toMatch(/TracksAdded .*forty second loop.*asked for by/i);
  expect(listed.out).toMatch(/TrackEnded .*: skipped/);
  const json = await bailiwick('timeline', acme.id, acme.guild, '--at', times.played, '--json');
  expect(JSON.parse(json.out)).toMatchObject({ player: { current: { title: bell.title } } });
  expect(await bailiwick('timeline', acme.id, acme.guild, '--at', 'noon')).toMatchObject({ code: 2, out: '' });
  expect(await bailiwick('timeline', acme.id, acme.guild, '--to', '9:00')).toMatchObject({ code: 2, out: '' });
  await rm(folder, { recursive: true, force: true });
});
