import type { Faults } from '../../faults.ts';
import type { Limits } from '../../limits.ts';
import type { Application } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import type { Grant, Grants } from '../oauth2/grants.ts';
import type { IdentifyRules } from '../gateway/identify.ts';
import type { UploadedFile } from './body.ts';
import type { BucketRule } from './rate-limits.ts';

/** The dependencies of routes. */
export interface RestParts {
  world: World;
  faults: Faults;
  limits: Limits;
  identifyRules: IdentifyRules;
  grants: Grants;
  /** Whether returned addresses are https and wss. */
  secure: boolean;
}

/** A request that has passed authentication and limits. */
export interface RestRequest {
  params: Record<string, string>;
  query: Record<string, string | undefined>;
  body: unknown;
  files: UploadedFile[];
  /** As the client sent it: host and port. */
  host: string;
  authorization: string | undefined;
}

/** A response; without a body it is a 204. */
export interface RestAnswer {
  status: number;
  body?: unknown;
}

type Handle<Request> = (request: Request, parts: RestParts) => RestAnswer | Promise<RestAnswer>;

/** A request of a bot. */
export type BotRequest = RestRequest & { application: Application };
/** A request of a client that a person authorised. */
export type BearerRequest = RestRequest & { grant: Grant };

/**
 * One endpoint. It accepts a bot's token if there is `asBot`, a person's access token if there is `asBearer`, and a
 * token in its own path, or none at all, if there is `asAnyone`. Only bots' requests count towards the global limit.
 */
export interface RestRoute {
  /** `GET /channels/:channel_id`, with the parameter names of Discord's OpenAPI document. */
  on: string;
  bucket: BucketRule;
  asBot?: Handle<BotRequest>;
  asBearer?: Handle<BearerRequest>;
  asAnyone?: Handle<RestRequest>;
}

const defaultBucket: BucketRule = { limit: 50, perMs: 1_000 };

/** An endpoint for bots. */
export function botRoute(on: string, asBot: Handle<BotRequest>, bucket: BucketRule = defaultBucket): RestRoute {
  return { on, asBot, bucket };
}

/** An endpoint for clients that a person authorised. */
export function bearerRoute(on: string, asBearer: Handle<BearerRequest>): RestRoute {
  return { on, asBearer, bucket: defaultBucket };
}

/** An endpoint that serves bots and such clients, each in its way. */
export function sharedRoute(on: string, asBot: Handle<BotRequest>, asBearer: Handle<BearerRequest>): RestRoute {
  return { on, asBot, asBearer, bucket: defaultBucket };
}

/** An endpoint that accepts the interaction's token in its path. */
export function interactionRoute(
  on: string,
  asAnyone: Handle<RestRequest>,
  bucket: BucketRule = { limit: 5, perMs: 2_000 },
): RestRoute {
  return { on, asAnyone, bucket };
}

/** An endpoint that anybody may call. */
export function openRoute(on: string, asAnyone: Handle<RestRequest>): RestRoute {
  return { on, asAnyone, bucket: defaultBucket };
}

/** The answer 200 with a body. */
export function ok(body: unknown): RestAnswer {
  return { status: 200, body };
}

/** The response to an operation without a result. */
export const noContent: RestAnswer = { status: 204 };
