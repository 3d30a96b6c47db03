import type { Faults } from '../../faults.ts';
import type { Limits } from '../../limits.ts';
import type { Application } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import type { IdentifyRules } from '../gateway/identify.ts';
import type { UploadedFile } from './body.ts';
import type { BucketRule } from './rate-limits.ts';

/** What routes work with. */
export interface RestParts {
  world: World;
  faults: Faults;
  limits: Limits;
  identifyRules: IdentifyRules;
  /** Whether addresses handed out are https and wss. */
  secure: boolean;
}

/** A request that has passed authentication and limits. */
export interface RestRequest {
  params: Record<string, string>;
  query: Record<string, string | undefined>;
  body: unknown;
  files: UploadedFile[];
  /** As the client wrote it: host and port. */
  host: string;
}

/** An answer; without a body it is a 204. */
export interface RestAnswer {
  status: number;
  body?: unknown;
}

interface RouteBase {
  /** `GET /channels/:channel_id`, with the parameter names of Discord's OpenAPI document. */
  on: string;
  bucket: BucketRule;
}

/** One endpoint. `bot` needs a bot's token; `interaction` is let in by the token in its path and exempt from the global limit. */
export type RestRoute = RouteBase &
  (
    | {
        auth: 'bot';
        handle: (
          request: RestRequest & { application: Application },
          parts: RestParts,
        ) => RestAnswer | Promise<RestAnswer>;
      }
    | {
        auth: 'interaction' | 'none';
        handle: (request: RestRequest, parts: RestParts) => RestAnswer | Promise<RestAnswer>;
      }
  );

const defaultBucket: BucketRule = { limit: 50, perMs: 1_000 };

/** An endpoint for bots. */
export function botRoute(
  on: string,
  handle: (request: RestRequest & { application: Application }, parts: RestParts) => RestAnswer | Promise<RestAnswer>,
  bucket: BucketRule = defaultBucket,
): RestRoute {
  return { on, auth: 'bot', handle, bucket };
}

/** An endpoint that an interaction's token opens. */
export function interactionRoute(
  on: string,
  handle: (request: RestRequest, parts: RestParts) => RestAnswer | Promise<RestAnswer>,
  bucket: BucketRule = { limit: 5, perMs: 2_000 },
): RestRoute {
  return { on, auth: 'interaction', handle, bucket };
}

/** An endpoint that anybody may call. */
export function openRoute(
  on: string,
  handle: (request: RestRequest, parts: RestParts) => RestAnswer | Promise<RestAnswer>,
): RestRoute {
  return { on, auth: 'none', handle, bucket: defaultBucket };
}

export function ok(body: unknown): RestAnswer {
  return { status: 200, body };
}

export const noContent: RestAnswer = { status: 204 };
