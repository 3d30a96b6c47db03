import { PermissionFlagsBits as Permission } from 'discord-api-types/v10';
import { z } from 'zod';
import { invalid } from '../../world/errors.ts';
import { guildPermissions } from '../../world/permissions.ts';
import type { Application, Guild } from '../../world/types.ts';
import type { World } from '../../world/world.ts';

const knownScopes = ['identify', 'email', 'guilds', 'bot', 'applications.commands'];

const requestSchema = z.object({
  client_id: z.string().regex(/^\d{1,20}$/),
  response_type: z.string().optional(),
  redirect_uri: z.string().optional(),
  scope: z.string(),
  state: z.string().max(1_000).optional(),
  code_challenge: z
    .string()
    .regex(/^[\w-]{43}$/)
    .optional(),
  code_challenge_method: z.string().optional(),
  permissions: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  guild_id: z.string().optional(),
});

/** A validated authorization request. */
export interface AuthorizationRequest {
  application: Application;
  scopes: string[];
  /** Null for a pure installation, which redirects nowhere. */
  redirectUri: string | null;
  state: string | null;
  challenge: string | null;
  permissions: bigint | undefined;
  guildId: string | null;
}

/**
 * Parses the query of an authorization request (RFC 6749, section 4.1.1; Discord: OAuth2). Throws for requests that
 * must not be redirected.
 */
export function readRequest(world: World, query: unknown): AuthorizationRequest {
  const asked = requestSchema.parse(query);
  const application = world.application(asked.client_id);
  const scopes = [...new Set(asked.scope.split(' ').filter(Boolean))];
  const unknown = scopes.find((scope) => !knownScopes.includes(scope));
  if (unknown !== undefined || scopes.length === 0) throw invalid('invalid-scope', `Unknown scope "${unknown ?? ''}".`);
  const redirectUri = asked.redirect_uri ?? null;
  if (redirectUri !== null && !application.redirectUris.includes(redirectUri)) {
    throw invalid('invalid-redirect-uri', 'Invalid OAuth2 redirect_uri');
  }
  const installsOnly = scopes.every((scope) => scope === 'bot' || scope === 'applications.commands');
  if (redirectUri === null && !installsOnly) throw invalid('missing-redirect-uri', 'A redirect_uri is needed.');
  if (redirectUri !== null && asked.response_type !== 'code') {
    throw invalid('unsupported-response-type', 'Only response_type=code is known here.');
  }
  if (asked.code_challenge !== undefined && asked.code_challenge_method !== 'S256') {
    throw invalid('unsupported-challenge', 'Only code_challenge_method=S256 is known here.');
  }
  return {
    application,
    scopes,
    redirectUri,
    state: asked.state ?? null,
    challenge: asked.code_challenge ?? null,
    permissions: asked.permissions === undefined ? undefined : BigInt(asked.permissions),
    guildId: asked.guild_id ?? null,
  };
}

/** Whether a member may add a bot to a guild. */
export function mayInstall(guild: Guild, userId: string): boolean {
  const member = guild.members.find((candidate) => candidate.userId === userId);
  return member !== undefined && (guildPermissions(guild, member) & Permission.ManageGuild) !== 0n;
}
