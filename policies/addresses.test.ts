import { expect, it } from 'vitest';
import { addressOf } from './addresses.ts';
import { actionOf } from './routes.ts';

const tenant = 'ten_01h2xcejqtf2nbrexx3vqjhp41';

it('builds the address of a route with its parameters', () => {
  expect(addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds/:guild', { tenant, guild: '8' })).toEqual({
    to: 'discord-edge',
    method: 'GET',
    path: `/v1/tenants/${tenant}/guilds/8`,
  });
  expect(addressOf('supervisor', 'GET /v1/instances').path).toBe('/v1/instances');
});

it('keeps a parameter within its segment, and passes a tail on unchanged', () => {
  const at = { tenant, guild: '../:guild', user: 'a/b' };
  expect(addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds/:guild/members/:user/voice', at).path).toBe(
    `/v1/tenants/${tenant}/guilds/..%2F%3Aguild/members/a%2Fb/voice`,
  );
  expect(addressOf('discord-edge', 'PATCH /v1/tenants/:tenant/rest/*', { tenant, tail: 'webhooks/:a/$&*' }).path).toBe(
    `/v1/tenants/${tenant}/rest/webhooks/:a/$&*`,
  );
});

it('knows the action of a route, for each of its methods', () => {
  expect(actionOf('audio', 'DELETE /v1/tenants/:tenant/guilds/:guild/player/queue/:entry')).toBe('player.remove');
  expect(actionOf('discord-edge', 'PATCH /v1/tenants/:tenant/rest/*')).toBe('discord.rest');
});

it('has no route that is not in the table', () => {
  // @ts-expect-error The compiler refuses it too.
  expect(() => actionOf('audio', 'PUT /v1/instances')).toThrow("no route 'audio PUT /v1/instances'");
});
