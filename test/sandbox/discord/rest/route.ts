import type { Faults } from '../../faults.ts';
import type { Limits } from '../../limits.ts';
import type { Application } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import type { Grant, Grants } from '../oauth2/grants.ts';
import type { IdentifyRules } from '../gateway/identify.ts';
import type { UploadedFile } from './body.ts';
import type { BucketRule } from './rate-limits.ts';

/** What route handlers use. */
export interface RestParts {
  world: World;
  faults: Faults;
  limits: Limits;
  identifyRules: IdentifyRules;
  grants: Grants;
  /** Whether URLs in responses are https and wss. */
  secure: boolean;
}

/** A request that has passed authentication and limits. */
export interface RestRequest {
  params: Record<string, string>;
  query: Record<string, string | undefined>;
  body: unknown;
  files: UploadedFile[];
  /** Host and port as the client sent them. */
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
/** A request of a client authorized by a person. */
export type BearerRequest = RestRequest & { grant: Grant };

/**
 * One endpoint. It accepts a bot's token if there is `asBot`, a person's access token if there is `asBearer`, and the
 * token in its own path, or none at all, if there is `asAnyone`. Only bots' requests count toward the global limit.
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

/** An endpoint for clients authorized by a person. */
export function bearerRoute(on: string, asBearer: Handle<BearerRequest>): RestRoute {
  return { on, asBearer, bucket: defaultBucket };
}

/** An endpoint that answers bots and such clients differently. */
export function sharedRoute(on: string, asBot: Handle<BotRequest>, asBearer: Handle<BearerRequest>): RestRoute {
  return { on, asBot, asBearer, bucket: defaultBucket };
}

/** An endpoint authenticated by the interaction token in its path. */
export function interactionRoute(
  on: string,
  asAnyone: Handle<RestRequest>,
  bucket: BucketRule = { limit: 5, perMs: 2_000 },
): RestRoute {
  return { on, asAnyone, bucket };
}

/** An endpoint without authentication. */
export function openRoute(on: string, asAnyone: Handle<RestRequest>): RestRoute {
  return { on, asAnyone, bucket: defaultBucket };
}

/** A 200 response with a body. */
export function ok(body: unknown): RestAnswer {
  return { status: 200, body };
}

/** A success without a body. */
export const noContent: RestAnswer = { status: 204 };
