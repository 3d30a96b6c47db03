import { describe, expect, it } from 'vitest';
import { isAction } from '#security/identity/actions.ts';
import { table } from './route-table.ts';
import { routes } from './routes.ts';

const tenant = 'ten_01h2xcejqtf2nbrexx3vqjhp41';
const guild = '80351110224678912';
const player = `/audio/v1/tenants/${tenant}/guilds/${guild}/player`;

describe('the table of routes', () => {
  it('names only actions of the closed list', () => {
    expect(routes.all.filter((route) => !isAction(route.action))).toEqual([]);
  });

  it('gives bots only addresses that name their tenant', () => {
    const open = routes.all.filter(
      (route) => route.from.includes('bot') && !route.pattern.startsWith('/v1/tenants/:tenant/'),
    );
    expect(open).toEqual([]);
  });

  it('finds a route with its parameters', () => {
    expect(routes.match('GET', player)).toMatchObject({ route: { action: 'player.read' }, params: { tenant, guild } });
    expect(routes.match('POST', `${player}/queue`)).toMatchObject({ route: { action: 'player.enqueue' } });
    expect(routes.match('GET', '/discord-edge/v1/replicas/rep_01m8n2qqemxdsdgb3vr1k0tf28/voice-events')).toMatchObject({
      route: { action: 'voice.events' },
      params: {},
    });
  });

  it.each([
    ['another target', `/api/v1/tenants/${tenant}/guilds/${guild}/player`],
    ['another case', player.replace('/audio', '/Audio')],
    ['another case further on', player.replace('/player', '/Player')],
    ['a closing slash', `${player}/`],
    ['a segment more', `${player}/queue/1`],
    ['a segment less', `/audio/v1/tenants/${tenant}/guilds/${guild}`],
    ['a tenant that is none', player.replace(tenant, 'ten_x')],
    ['a guild that is no snowflake', player.replace(guild, '0x1')],
    ['a guild over 64 bits', player.replace(guild, '99999999999999999999')],
    ['no path', '/'],
    ['a target alone', '/audio'],
    ['the REST tail without a call', `/discord-edge/v1/tenants/${tenant}/rest/`],
    ['the REST route without its tail', `/discord-edge/v1/tenants/${tenant}/rest`],
    ["the public's route at the inner listener", '/api/nothing'],
  ])('does not know %s', (_name, path) => {
    const match = routes.match('GET', path);
    expect(match && 'route' in match && !match.route.from.includes('public')).toBeFalsy();
  });

  it('tells which methods an address has', () => {
    expect(routes.match('DELETE', `${player}/queue`)).toEqual({ allow: ['GET', 'POST'] });
    expect(routes.match('HEAD', player)).toEqual({ allow: ['GET'] });
    expect(routes.match('OPTIONS', player)).toEqual({ allow: ['GET'] });
  });

  it('leaves it to the api whether there is such a tenant, where people follow something', () => {
    const follow = (path: string) => routes.match('GET', path, 'api');
    for (const id of [tenant, 'ten_x', '..']) {
      expect(follow(`/v1/tenants/${id}/live`)).toMatchObject({ route: { stream: true }, params: { any: id } });
      expect(follow(`/v1/tenants/${id}/live`)).not.toHaveProperty('params.tenant');
    }
    expect(follow(`/v1/tenants/${tenant}`)).not.toHaveProperty('route.stream');
  });

  it("hands Discord's path on as it came", () => {
    const tail = 'webhooks/1/to_ken/messages/@original';
    expect(routes.match('PATCH', `/discord-edge/v1/tenants/${tenant}/rest/${tail}`)).toMatchObject({
      params: { tenant, tail },
    });
  });

  it("has only the api's addresses, unprefixed, for the public", () => {
    expect(routes.match('GET', '/v1/tenants', 'api')).toMatchObject({ route: { to: 'api', action: 'api.public' } });
    expect(routes.match('GET', '/', 'api')).toMatchObject({ route: { to: 'api' } });
    expect(routes.match('GET', player, 'api')).toMatchObject({ route: { to: 'api' } });
    expect(routes.match('POST', player, 'api')).toEqual({ allow: ['GET', 'HEAD', 'OPTIONS'] });
    expect(routes.match('HEAD', '/v1/tenants', 'api')).toMatchObject({ route: { to: 'api' } });
    expect(routes.match('OPTIONS', '/v1/tenants', 'api')).toMatchObject({ route: { to: 'api' } });
  });

  it('knows which calls change something', () => {
    const mutating = (method: string, path: string) => {
      const match = routes.match(method, path);
      return match && 'route' in match && match.route.mutates(method);
    };
    expect(mutating('GET', player)).toBe(false);
    expect(mutating('POST', `${player}/skip`)).toBe(true);
    expect(mutating('GET', `/discord-edge/v1/tenants/${tenant}/rest/users/@me`)).toBe(false);
    expect(mutating('DELETE', `/discord-edge/v1/tenants/${tenant}/rest/channels/1/messages/2`)).toBe(true);
  });
});

describe('a table', () => {
  const good = { to: 'audio', on: 'GET /v1/x/:tenant', action: 'player.read', from: ['bot'], member: 'none' } as const;
  it.each([
    ['a route that nobody may call', { ...good, from: [] }],
    ['an unknown method', { ...good, on: 'FETCH /v1/:tenant' }],
    ['no method', { ...good, on: '/v1/:tenant' }],
    ['an unknown kind of parameter', { ...good, on: 'GET /v1/:tenant/:anything' }],
    ['a star in the middle', { ...good, on: 'GET /v1/:tenant/*/x' }],
    ['a route for bots that names no tenant', { ...good, on: 'GET /v1/x' }],
    ['a route for the public and others', { ...good, on: 'GET /v1/:tenant', from: ['public', 'bot'] as const }],
  ])('refuses %s at start-up', (_name, definition) => {
    expect(() => table(definition)).toThrow(/^route '/);
    expect(() => table(good)).not.toThrow();
  });
});
