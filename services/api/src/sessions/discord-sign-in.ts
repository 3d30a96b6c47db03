import { timingSafeEqual } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { Agent, fetch as undiciFetch } from 'undici';
import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault, upstreamFault } from '#infra/kernel/errors.ts';
import { displayName } from '#infra/kernel/names.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { decrypt, encrypt } from '#security/keyring/aes-gcm.ts';
import type { ApiSettings } from '../settings.ts';
import { firstOf, type SessionKeys } from './session-keys.ts';

/** A person as Discord describes them. */
export interface DiscordPerson {
  /** `discord:<user id>` */
  readonly subject: string;
  readonly name: string;
  readonly avatarUrl: string | null;
}

/**
 * Sign-in with Discord: authorization code with PKCE (S256) and state, scope `identify` only. The state in between is
 * sealed and kept by the browser, so that a code is valid only in the browser that requested it.
 */
export interface DiscordSignIn {
  begin(returnTo: string): Promise<{ redirectTo: string; remembered: string }>;
  /** @throws BailiwickError session.{state-mismatch,discord-denied,discord-refused,discord-unreachable,discord-off} */
  finish(query: URLSearchParams, remembered: string | undefined): Promise<{ person: DiscordPerson; returnTo: string }>;
}

/** How long somebody may take at Discord. */
export const signInTimeSec = 600;
const timeoutMs = 10_000;
const aad = Buffer.from('discord-sign-in');

const rememberedSchema = z.strictObject({
  state: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  expiresAtMs: z.number(),
});
type Remembered = z.infer<typeof rememberedSchema>;

/** https://discord.com/developers/docs/resources/user#user-object, as far as it is shown. */
const userSchema = z.object({
  id: snowflakeSchema,
  username: z.string().min(1).max(64),
  global_name: z.string().min(1).max(64).nullish(),
  avatar: z
    .string()
    .regex(/^[\w-]{1,64}$/)
    .nullish(),
});

export function createDiscordSignIn(
  settings: ApiSettings['discordSignIn'],
  { keys, clock }: { readonly keys: SessionKeys; readonly clock: Clock },
): DiscordSignIn {
  const configured = () => {
    if (settings) return settings;
    throw platformFault('session.discord-off', 'Sign-in with Discord is not set up here. Ask the operator.');
  };
  return {
    async begin(returnTo) {
      const { authorizeUrl, clientId, redirectUri } = configured();
      const state = oauth.generateRandomState();
      const verifier = oauth.generateRandomCodeVerifier();
      const url = new URL(authorizeUrl);
      url.search = new URLSearchParams({
        client_id: clientId,
        response_type: 'code',
        redirect_uri: redirectUri,
        scope: 'identify',
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        prompt: 'none',
      }).toString();
      const memory: Remembered = { state, verifier, returnTo, expiresAtMs: clock.now() + signInTimeSec * 1000 };
      const sealed = encrypt(keys.current().signIn, Buffer.from(JSON.stringify(memory)), aad);
      return { redirectTo: url.href, remembered: sealed.toString('base64url') };
    },
    async finish(query, sealed) {
      const known = configured();
      const memory = recall(sealed, keys, clock.now());
      const state = query.get('state');
      if (!memory || state === null || !same(state, memory.state) || query.getAll('state').length > 1)
        throw callerFault('session.state-mismatch', 'This sign-in was not started in this browser. Start again.', 401);
      if (query.get('error') === 'access_denied')
        throw callerFault('session.discord-denied', 'You cancelled the sign-in at Discord.', 401);
      const person = await identify(known, query, memory);
      return { person, returnTo: memory.returnTo };
    },
  };
}

function recall(sealed: string | undefined, keys: SessionKeys, nowMs: number): Remembered | undefined {
  const bytes = Buffer.from(sealed ?? '', 'base64url');
  const opened = firstOf(keys.accepted(), ({ signIn }) => decrypt(signIn, bytes, aad));
  const memory = opened && rememberedSchema.parse(JSON.parse(opened.toString('utf8')));
  return memory && memory.expiresAtMs > nowMs ? memory : undefined;
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Exchanges the code and fetches the person that it stands for; the token is then discarded. */
async function identify(
  settings: NonNullable<ApiSettings['discordSignIn']>,
  query: URLSearchParams,
  { state, verifier }: Remembered,
): Promise<DiscordPerson> {
  const server = { issuer: new URL(settings.authorizeUrl).origin, token_endpoint: settings.tokenUrl };
  const client = { client_id: settings.clientId };
  await using dispatcher = closing(
    new Agent({ connect: { timeout: timeoutMs, ...(settings.trustPem ? { ca: settings.trustPem } : {}) } }),
  );
  const send = ((url: string, init: object) =>
    undiciFetch(url, { ...init, dispatcher: dispatcher.agent, redirect: 'error' })) as unknown as typeof fetch;
  const options = {
    [oauth.customFetch]: send,
    // The sandbox uses plain http on this machine; the operator decides which addresses these are.
    [oauth.allowInsecureRequests]: true,
    signal: () => AbortSignal.timeout(timeoutMs),
  };
  try {
    const parameters = oauth.validateAuthResponse(server, client, query, state);
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.ClientSecretPost(settings.clientSecret),
      parameters,
      settings.redirectUri,
      verifier,
      options,
    );
    const { access_token: token } = await oauth.processAuthorizationCodeResponse(server, client, answer);
    const user = await send(settings.userUrl, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!user.ok) throw upstreamFault('session.discord-refused', 'Discord did not return your account. Try again.');
    return personOf(userSchema.parse(await user.json()));
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError || error instanceof oauth.AuthorizationResponseError)
      throw callerFault('session.discord-refused', 'Discord did not accept this sign-in. Start again.', 401);
    if (error instanceof oauth.OperationProcessingError || error instanceof TypeError || error instanceof z.ZodError)
      throw upstreamFault('session.discord-unreachable', 'Discord is not responding. Try again in a moment.', error);
    throw error;
  }
}

const closing = (agent: Agent) => ({ agent, [Symbol.asyncDispose]: () => agent.close() });

const personOf = ({ id, username, global_name: displayed, avatar }: z.infer<typeof userSchema>): DiscordPerson => ({
  subject: `discord:${id}`,
  name: displayName(displayed ?? '') || displayName(username, { otherwise: id }),
  avatarUrl: avatar ? `https://cdn.discordapp.com/avatars/${id}/${avatar}.png?size=64` : null,
});
