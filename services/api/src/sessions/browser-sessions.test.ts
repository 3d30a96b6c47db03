import { createSecretKey, randomBytes } from 'node:crypto';
import fastifyCookie from '@fastify/cookie';
import fastifyJwt from '@fastify/jwt';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { systemClock } from '#infra/kernel/clock.ts';
import { accessTokens } from './accounts.ts';
import { createBrowserSessions } from './browser-sessions.ts';
import { cookieNames } from './cookies.ts';
import type { SessionKey } from './session-keys.ts';
import type { SignInStore } from './sign-in-store.ts';

/* A browser's access cookie while the key that signed it is replaced. */
const publicUrl = 'https://bots.example.test';
const newKey = (): SessionKey => {
  const secret = () => createSecretKey(randomBytes(32));
  return { access: randomBytes(32), signIn: secret(), cursor: secret(), idempotency: secret() };
};
const [first, second] = [newKey(), newKey()];

/** Signs somebody in, and says who a cookie stands for. */
async function startApp(state: { accepted: readonly SessionKey[] }) {
  const keys = {
    current: () => state.accepted[0] ?? first,
    accepted: () => state.accepted,
    [Symbol.dispose]: () => undefined,
  };
  const app = fastify();
  await app.register(fastifyCookie);
  await app.register(fastifyJwt, accessTokens({ publicUrl }, keys));
  const signIns = { find: async () => ({ subject: 'discord:1' }) } as unknown as SignInStore;
  const sessions = createBrowserSessions({ jwt: app.jwt, keys, signIns, publicUrl, clock: systemClock });
  const expiresAt = new Date(Date.now() + 3_600_000);
  const signIn = { id: 'sgn_1', subject: 'discord:1', refreshToken: 'x', expiresAt };
  app.post('/', (_request, reply) => sessions.start(reply, signIn).send());
  app.get('/', async (request) => (await sessions.identify(request)) ?? {});
  const cookie = async () => {
    const { cookies } = await app.inject({ method: 'POST', url: '/' });
    return `${cookieNames.access}=${cookies.find(({ name }) => name === cookieNames.access)?.value}`;
  };
  const who = async (held: string) => (await app.inject({ url: '/', headers: { cookie: held } })).json<object>();
  return { cookie, who, [Symbol.asyncDispose]: () => app.close() };
}

test('stands for its person for as long as its key is accepted, and no longer', async () => {
  const state = { accepted: [first] };
  await using app = await startApp(state);
  const held = await app.cookie();
  const ada = { subject: 'discord:1', signIn: 'sgn_1' };
  expect(await app.who(held)).toEqual(ada);
  state.accepted = [second, first];
  expect(await app.who(held)).toEqual(ada);
  const renewed = await app.cookie();
  expect(await app.who(renewed)).toEqual(ada);
  state.accepted = [second];
  expect(await app.who(held)).toEqual({});
  expect(await app.who(renewed)).toEqual(ada);
});
