import { z } from 'zod';
import { accessLifeMs, OAuthFault } from '../../oauth2/grants.ts';
import type { Grant } from '../../oauth2/grants.ts';
import type { Application } from '../../../world/types.ts';
import { guildPayload } from '../../payloads/guild.ts';
import { userPayload } from '../../payloads/user.ts';
import { bearerRoute, ok, openRoute } from '../route.ts';
import type { RestAnswer, RestParts, RestRequest, RestRoute } from '../route.ts';

const tokenRequest = z.discriminatedUnion('grant_type', [
  z.object({
    grant_type: z.literal('authorization_code'),
    code: z.string(),
    redirect_uri: z.string(),
    code_verifier: z
      .string()
      .regex(/^[\w.~-]{43,128}$/)
      .optional(),
  }),
  z.object({ grant_type: z.literal('refresh_token'), refresh_token: z.string() }),
]);

const bodyCredentials = z.object({ client_id: z.string(), client_secret: z.string() });

/** The client by HTTP Basic or by its credentials in the body (RFC 6749, section 2.3.1). */
function clientOf(request: RestRequest, { world }: RestParts): Application {
  const basic = /^Basic (.+)$/.exec(request.authorization ?? '')?.[1];
  const [basicId = '', basicSecret = ''] = Buffer.from(basic ?? '', 'base64')
    .toString()
    .split(':');
  const inBody = bodyCredentials.safeParse(request.body).data;
  const id = basic === undefined ? inBody?.client_id : basicId;
  const secret = basic === undefined ? inBody?.client_secret : basicSecret;
  const application = world.applications.get(id ?? '');
  if (!application || application.clientSecret !== secret) {
    throw new OAuthFault('invalid_client', 'Unknown client or wrong secret.', 401);
  }
  return application;
}

function orFault(act: () => RestAnswer): RestAnswer {
  try {
    return act();
  } catch (fault) {
    if (!(fault instanceof OAuthFault)) throw fault;
    return { status: fault.status, body: { error: fault.error, error_description: fault.message } };
  }
}

function tokenResponse(grant: Grant, { world }: RestParts): RestAnswer {
  return ok({
    token_type: 'Bearer',
    access_token: grant.accessToken,
    expires_in: accessLifeMs / 1_000,
    refresh_token: grant.refreshToken,
    scope: grant.scopes.join(' '),
    ...(grant.guildId === null ? {} : { guild: guildPayload(world.guild(grant.guildId)) }),
  });
}

function exchange(request: RestRequest, parts: RestParts): RestAnswer {
  const application = clientOf(request, parts);
  const asked = tokenRequest.safeParse(request.body);
  if (!asked.success) throw new OAuthFault('invalid_request', z.prettifyError(asked.error));
  if (asked.data.grant_type === 'refresh_token') {
    return tokenResponse(parts.grants.refresh(application, asked.data.refresh_token), parts);
  }
  const { code, redirect_uri: redirectUri, code_verifier: verifier = null } = asked.data;
  return tokenResponse(parts.grants.exchange(application, { code, redirectUri, verifier }), parts);
}

function revoke(request: RestRequest, parts: RestParts): RestAnswer {
  const application = clientOf(request, parts);
  const { token } = z.object({ token: z.string() }).parse(request.body);
  parts.grants.revoke(application, token);
  return ok({});
}

function currentAuthorization({ grant }: { grant: Grant }, { world }: RestParts): RestAnswer {
  const { id, name, description, verifyKey, flags } = world.application(grant.applicationId);
  const shown = { id, name, icon: null, description, bot_public: true, bot_require_code_grant: false };
  return ok({
    application: { ...shown, type: null, verify_key: verifyKey, flags, flags_new: String(flags) },
    scopes: grant.scopes,
    expires: new Date(grant.expiresAt).toISOString(),
    ...(grant.scopes.includes('identify') ? { user: userPayload(world.user(grant.userId)) } : {}),
  });
}

/** Tokens for clients authorized by a person (Discord: OAuth2). */
export const oauth2Routes: RestRoute[] = [
  openRoute('POST /oauth2/token', (request, parts) => orFault(() => exchange(request, parts))),
  openRoute('POST /oauth2/token/revoke', (request, parts) => orFault(() => revoke(request, parts))),
  bearerRoute('GET /oauth2/@me', currentAuthorization),
];
