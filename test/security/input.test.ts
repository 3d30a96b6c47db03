import { describe, expect, it } from 'vitest';
import cases from './cases/queries.json' with { type: 'json' };
import { worldOfThisFile } from './world/file-world.ts';

/** Member input, from a bot that passes on anything, down to the requests that reach the Lavalink node. */
const world = await worldOfThisFile();
const a = await world.customer('Acme');

const player = (rest: string) => `/audio/v1/tenants/${a.id}/guilds/${a.guild}/player${rest}`;
const searching = (query: string) => {
  const entered = { 'player.search': { query }, 'player.enqueue': { query } };
  return world.witnessed(a, ['player.search', 'player.enqueue'], { command: 'play' }, entered);
};
const search = async (query: string) =>
  world.doors.call(a.bot, {
    path: player(`/search?query=${encodeURIComponent(query)}`),
    txnToken: await searching(query),
  });
/** How often the node has been asked to load something, as counted by the proxy. */
async function loads(): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${world.parts.proxy.opsPort}/metrics`)).text();
  const counts = metrics.split('\n').filter((line) => /requests_total\{.*"lavalink\.load"/.test(line));
  return counts.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('an address that a member gives', () => {
  it.each(cases)('is not loaded when it is $name', async ({ query }) => {
    const before = await world.state();
    const enqueued = await world.doors.call(a.bot, {
      method: 'POST',
      path: player('/queue'),
      body: { query },
      txnToken: await searching(query),
    });
    expect(enqueued, enqueued.text).toMatchObject({ status: 422, code: 'player.url-refused' });
    expect(enqueued.text).not.toContain('127.0.0.1');
    expect(await world.state()).toBe(before);
    const searched = await search(query);
    expect(searched.code, searched.text).toBe('player.url-refused');
  });

  it('is loaded if its host is allowed, as is plain text; nothing else reaches the node', async () => {
    expect(await search('glass winter')).toMatchObject({ status: 200 });
    const found = await search('eight second bell');
    const [track] = (found.body as { tracks: { uri: string }[] }).tracks;
    expect(track?.uri).toMatch(/^https?:\/\/music\.sandbox\.test\//);
    expect(await search(track?.uri ?? '')).toMatchObject({ status: 200 });
    expect(await loads()).toBe(3);
  });

  it('that is not one becomes a search, whatever its prefix: members cannot choose sources', async () => {
    for (const query of [
      'local:/etc/passwd',
      'error:fault:boom',
      'scsearch:x',
      '../../etc/passwd',
      '; rm -rf /',
      '`id`',
    ]) {
      const { status, text } = await search(query);
      expect([200, 404, 422], text).toContain(status);
      expect(text).not.toMatch(/player.url-refused|platform.unexpected/);
      expect(text).not.toContain('root:');
    }
  });
});

describe('an id', () => {
  it.each(['0x1', '1e18', '-1', '+1', '01', '1.0', '18446744073709551616', '9'.repeat(30), '١٢٣', '1%20', "1'--"])(
    '%s is not a guild id',
    async (guild) => {
      const before = await world.state();
      const answer = await world.doors.call(a.bot, {
        path: `/audio/v1/tenants/${a.id}/guilds/${encodeURI(guild)}/player`,
      });
      expect([400, 404], answer.text).toContain(answer.status);
      expect(await world.state()).toBe(before);
    },
  );

  it('of 64 bits is preserved digit by digit', async () => {
    const guild = '9007199254740993';
    const answer = await world.doors.call(a.bot, { path: `/audio/v1/tenants/${a.id}/guilds/${guild}/player` });
    expect(answer).toMatchObject({ status: 200, body: { guild } });
  });
});

describe('a body', () => {
  /** A bot passes on what the member entered or is refused by the proxy; a call by the api may say anything. */
  const fromThePortal = async (body: unknown) =>
    world.doors.call(await world.agent('api'), {
      method: 'POST',
      path: player('/queue'),
      body,
      txnToken: await world.portalToken(a.id, ['player.enqueue'], 'operator:owner', a.guild),
    });

  it.each([
    ['text over its limit', { query: 'x'.repeat(501) }],
    ['an unknown field', { query: 'x', volume: 3 }],
    ['another type', { query: ['x'] }],
    ['nothing', { query: '  ' }],
  ])('with %s is refused', async (_name, body) => {
    const answer = await fromThePortal(body);
    expect(answer).toMatchObject({ status: 400, code: 'http.invalid' });
  });

  it.each([
    ['over the limit of the service', JSON.stringify({ query: 'x'.repeat(20_000) }), 413],
    ['nested absurdly deep', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, 400],
    ['with a member of every object', '{"query":"x","__proto__":{"admin":true}}', 400],
    ['with half of a character', '{"query":"\\ud800"', 400],
  ])('that is %s is refused', async (_name, body, status) => {
    const answer = await fromThePortal(body);
    expect(answer.status, answer.text).toBe(status);
  });

  it('is not read before its sender is known to be allowed to send it', async () => {
    const stranger = await world.session('discord:777');
    const validate = (session: string, body: string) =>
      world.doors.public({
        method: 'POST',
        path: `/v1/tenants/${a.id}/guilds/${a.guild}/policy/validate`,
        session,
        headers: { 'content-type': 'application/yaml' },
        body,
      });
    const names = Array.from({ length: 25_000 }, (_, index) => `${index}:`).join('\n');
    for (const body of [names.slice(0, 120_000), 'rules: [', 'x'.repeat(1_000_000)])
      expect(await validate(stranger, body)).toMatchObject({ status: 404, code: 'tenant.unknown' });
    // Their legitimate counterparts.
    const known = await validate(world.owner, names.slice(0, 120_000));
    expect(known).toMatchObject({ status: 400, code: 'document.too-many-values' });
    expect(await validate(world.owner, '&a [*a, *a]')).toMatchObject({ status: 400, code: 'policy.yaml' });
    expect(await validate(world.owner, 'rules: []\notherwise: allow')).toMatchObject({ status: 200 });
  });

  it('with thousands of faults is answered with the first of them and their count', async () => {
    const { status, body, text } = await world.doors.public({
      method: 'POST',
      path: `/v1/tenants/${a.id}/guilds/${a.guild}/policy/validate`,
      session: world.owner,
      body: Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`field-${index}`, true])),
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({ faults: expect.any(Array), moreFaults: expect.any(Number) });
    expect(text.length).toBeLessThan(20_000);
  });

  it('of a message to Discord must be bounded JSON; an ordinary one passes', async () => {
    const write = (body: unknown, headers: Record<string, string> = {}) =>
      world.doors.call(a.bot, {
        method: 'POST',
        path: `/discord-edge/v1/tenants/${a.id}/rest/channels/${a.text}/messages`,
        body,
        headers,
      });
    expect((await write({ content: 'x'.repeat(2_000_000) })).status).toBe(413);
    expect((await write('x=1', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBeGreaterThanOrEqual(
      400,
    );
    expect((await write({ content: 'hello' })).status).toBe(200);
  });
});
