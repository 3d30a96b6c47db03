import type {
  FastifyInstance,
  FastifyBaseLogger,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
} from 'fastify';
import type { Server } from 'node:https';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import type { Records } from '#infra/database/prisma.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflakeSchema, tenantIdSchema } from '#infra/kernel/ids.ts';
import { readableName } from '#infra/kernel/names.ts';
import type { Sagas } from '#infra/sagas/engine.ts';
import type { SharedCounts } from '#infra/shared-state/shared-counts.ts';
import type { FeatureStore } from '#policies/feature-store.ts';
import type { PolicyStore } from '#policies/policy-store.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import type { SealedFeed } from '#security/audit/sealed-feed.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { Deletions } from '#tenants/deletion/deletions.ts';
import type { TokenServiceClient } from '#security/identity/token-service-client.ts';
import type { ApiKeys } from '#tenants/tenant/api-keys.ts';
import type { Invitations } from '#tenants/tenant/invitations.ts';
import type { Members } from '#tenants/tenant/members.ts';
import type { TenantStore } from '#tenants/tenant/tenant-store.ts';
import type { AccessControl } from '../access.ts';
import type { Identities } from '../identities.ts';
import type { Operations } from '#infra/observability/operations.ts';
import type { Bots } from '../bots.ts';
import type { OpenStreams } from '../live/open-streams.ts';
import type { TenantExternalKeys } from '../external-keys/external-keys.ts';
import type { Erasures } from '../erasure/erasures.ts';
import type { TenantFeeds } from '../live/tenant-feeds.ts';
import type { Offboardings } from '../offboarding/offboarding.ts';
import type { Onboardings } from '../onboarding/onboardings.ts';
import type { Players } from '../players.ts';
import type { Pages } from '../pages.ts';
import type { KeySchedules } from '../rotation/key-schedules.ts';
import type { ScheduledRotations } from '../rotation/scheduled-rotations.ts';
import type { TenantKeys } from '../rotation/rotation.ts';
import type { BrowserSessions } from '../sessions/browser-sessions.ts';
import type { DiscordSignIn } from '../sessions/discord-sign-in.ts';
import type { OperatorSignIns } from '../sessions/operator-sign-ins.ts';
import type { LavalinkNodes } from '../lavalink-nodes.ts';
import type { Machines } from '../machines/machines.ts';
import type { TenantMoves } from '../machines/tenant-move.ts';
import type { Operators } from '../sessions/operators.ts';
import type { People } from '../sessions/people.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { SignInAudit } from '../sessions/sign-in-audit.ts';
import type { SignInStore } from '../sessions/sign-in-store.ts';
import type { TenantWebhooks } from '../webhooks.ts';

type TypedApp = FastifyInstance<
  Server,
  RawRequestDefaultExpression<Server>,
  RawReplyDefaultExpression<Server>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The dependencies of the operations. */
export interface ApiPorts {
  readonly clock: Clock;
  readonly access: AccessControl;
  readonly identities: Identities;
  readonly operations: Operations;
  readonly sessions: SessionStore;
  readonly signIns: SignInStore;
  readonly browsers: BrowserSessions;
  readonly discord: DiscordSignIn;
  readonly people: People;
  readonly signInAudit: SignInAudit;
  readonly operators: Operators;
  readonly lavalinkNodes: LavalinkNodes;
  readonly operatorSignIns: OperatorSignIns;
  /** Uses up a one-time operator sign-in and records it; returns the subject that it stands for. */
  readonly redeem: (request: FastifyRequest, oneTime: string) => Promise<string>;
  readonly pages: Pages;
  /** Where people reach the API and the portal. */
  readonly publicUrl: string;
  /** Discord's API; the page where bots are added to servers is beside it. */
  readonly discordApiUrl: string;
  readonly tenants: TenantStore;
  readonly members: Members;
  readonly invitations: Invitations;
  readonly apiKeys: ApiKeys;
  readonly policies: PolicyStore;
  readonly featureStore: FeatureStore;
  readonly records: Records;
  readonly database: Database;
  /** For what is done without its own transaction. */
  readonly journal: BatchJournal;
  /** Reports that a tenant's audit log has grown. */
  readonly sealed: SealedFeed;
  readonly caller: Caller;
  readonly players: Players;
  readonly bots: Bots;
  readonly onboardings: Onboardings;
  readonly deletions: Deletions;
  readonly offboardings: Offboardings;
  readonly erasures: Erasures;
  readonly machines: Machines;
  readonly moves: TenantMoves;
  readonly sagas: Sagas;
  readonly tenantKeys: TenantKeys;
  readonly identityKeys: Pick<TokenServiceClient, 'identityKeys' | 'rotateIdentityKeys'>;
  readonly externalKeys: TenantExternalKeys;
  readonly webhooks: TenantWebhooks;
  readonly schedules: KeySchedules;
  readonly scheduledRotations: Pick<ScheduledRotations, 'wake'>;
  readonly feeds: TenantFeeds;
  readonly streams: OpenStreams;
  /** What apis count together. */
  readonly counts: SharedCounts;
  /** Every operation is reached through the proxy's public listener, under this action. */
  readonly config: { readonly action: 'api.public' };
}

/** A group of operations that belong together. */
export type ApiRoutes = (app: TypedApp, ports: ApiPorts) => void;

/**
 * Addresses of a tenant and of one of its guilds. Anything that is not an id is not an address: gateway-proxy names
 * only what can be one in its grant, and the guard would find the two different.
 */
export const inTenant = '/v1/tenants/:tenant(^ten_[0-9a-hjkmnp-tv-z]{26}$)';
export const inGuild = `${inTenant}/guilds/:guild(^(?:0|[1-9]\\d{0,18})$)` as const;

export const tenantParams = z.object({ tenant: tenantIdSchema });
export const guildParams = z.object({ tenant: tenantIdSchema, guild: snowflakeSchema });

/** Names and notes that people choose here: one line, with something visible (infra/kernel/names.ts). */
export const wordsSchema = (maxCharacters: number) =>
  z
    .string()
    .superRefine((text, context) => {
      const read = readableName(text, maxCharacters);
      if ('fault' in read) context.addIssue(issueOf(text, maxCharacters, read.fault));
    })
    .overwrite((text) => {
      const read = readableName(text, maxCharacters);
      return 'name' in read ? read.name : text;
    })
    .meta({ minLength: 1, maxLength: maxCharacters });

/** The fault with the code that tells programs its kind: nothing visible, too long, or characters that no name has. */
function issueOf(text: string, maxCharacters: number, message: string) {
  const trimmed = text.trim();
  if (trimmed === '') return { code: 'too_small', origin: 'string', minimum: 1, input: text, message } as const;
  if ([...trimmed].length > maxCharacters)
    return { code: 'too_big', origin: 'string', maximum: maxCharacters, input: text, message } as const;
  return { code: 'invalid_format', format: 'name', input: text, message } as const;
}

/** An operation that declares no body or query accepts none: what nobody reads is refused, not ignored. */
export function refuseWhatIsNotDescribed(app: HttpApp): void {
  app.addHook('preValidation', async (request) => {
    const { schema } = request.routeOptions;
    if (!schema || !('operationId' in schema)) return;
    if (!schema.body && request.body !== undefined && request.body !== null)
      throw callerFault('http.unexpected-body', 'This operation does not accept a body.', 400);
    if (!schema.querystring && Object.keys(request.query as object).length > 0)
      throw callerFault('http.unexpected-query', 'This operation does not accept query parameters.', 400);
  });
}
