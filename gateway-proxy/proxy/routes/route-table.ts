import { isSnowflake, isTenantId, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { Method, RouteDefinition, Target } from '#policies/routes.ts';

/**
 * Bots and the api wait for 10 s; the audio service waits less for a node or the edge, since it may have to ask both.
 */
const usualAnswerWithinMs: Partial<Record<Target, number>> = { audio: 9_000, lavalink: 2_500 };

/** The value in the path for a parameter of the route. */
export interface RouteParams {
  readonly tenant?: TenantId;
  readonly guild?: Snowflake;
  readonly node?: string;
  readonly session?: string;
  readonly user?: string;
  readonly entry?: string;
  /** One of several processes of the target. */
  readonly replica?: string;
  /** Not checked here: the target decides whether it exists. */
  readonly any?: string;
  /** What `*` matched, without a leading slash. */
  readonly tail?: string;
}

/** A route's path in the form that matching needs. */
export interface Route extends Omit<RouteDefinition, 'answerWithinMs'> {
  readonly methods: readonly Method[];
  /** The path as written in the table; what metrics and audit records name. */
  readonly pattern: string;
  readonly segments: readonly Segment[];
  readonly hasTail: boolean;
  readonly answerWithinMs: number | undefined;
  /** A call that changes something: recorded durably before it is made. */
  readonly mutates: (method: string) => boolean;
}

type ParamName = 'tenant' | 'guild' | 'user' | 'node' | 'session' | 'entry' | 'replica' | 'any';
type Segment = { readonly literal: string } | { readonly param: ParamName };

export const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Methods that change nothing (RFC 9110 9.2.1). */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const usualSnowflake = /^[1-9]\d{14,18}$/;
const kinds: Record<ParamName, (text: string) => boolean> = {
  tenant: isTenantId,
  guild: (text) => usualSnowflake.test(text) || isSnowflake(text),
  node: (text) => /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(text),
  session: (text) => /^[A-Za-z0-9_-]{1,64}$/.test(text),
  user: isSnowflake,
  entry: (text) => /^ent_[0-9a-hjkmnp-tv-z]{26}$/.test(text),
  replica: (text) => /^rep_[0-9a-hjkmnp-tv-z]{26}$/.test(text),
  any: (text) => text.length > 0,
};

export type RouteMatch =
  | { readonly route: Route; readonly params: RouteParams }
  /** The path exists, the method does not (RFC 9110 15.5.6). */
  | { readonly allow: readonly Method[] }
  | undefined;

/** The compiled table: exact segments, parameters by kind, found by method, target and number of segments. */
export interface RouteTable {
  readonly all: readonly Route[];
  /** `path` starts with a slash and has been found canonical. Without `to`, the path's first segment names it. */
  match(method: string, path: string, to?: Target): RouteMatch;
}

/** Compiles the routes; a definition that contradicts itself throws at start-up. */
export function table(...definitions: readonly RouteDefinition[]): RouteTable {
  const all = definitions.map(compile);
  const exact = new Map<string, Route[]>();
  const tails = new Map<string, Route[]>();
  for (const route of all) {
    for (const method of route.methods) {
      const key = `${method} ${route.to}`;
      if (route.hasTail) push(tails, key, route);
      else push(exact, `${key} ${route.segments.length}`, route);
    }
  }
  const find = (method: string, to: string, segments: readonly string[], from: number): RouteMatch => {
    const key = `${method} ${to}`;
    for (const route of exact.get(`${key} ${segments.length - from}`) ?? []) {
      const params = matchSegments(route, segments, from);
      if (params) return { route, params };
    }
    for (const route of tails.get(key) ?? []) {
      const params = segments.length - from > route.segments.length && matchSegments(route, segments, from);
      if (params) {
        const tail = segments.slice(from + route.segments.length).join('/');
        if (tail.length > 0) return { route, params: { ...params, tail } };
      }
    }
    return undefined;
  };
  return {
    all,
    match(method, path, to) {
      const segments = path.split('/');
      const target = to ?? segments[1] ?? '';
      const from = to === undefined ? 2 : 1;
      const found = find(method, target, segments, from);
      if (found) return found;
      const allow = [...methods].filter((other) => other !== method && find(other, target, segments, from));
      return allow.length > 0 ? { allow: allow as Method[] } : undefined;
    },
  };
}

function compile(definition: RouteDefinition): Route {
  const words = definition.on.split(' ');
  const pattern = words.pop() ?? '';
  const problem = (why: string) => new Error(`route '${definition.to} ${definition.on}': ${why}`);
  if (words.length === 0 || words.some((word) => !methods.has(word))) throw problem('needs known methods');
  if (!pattern.startsWith('/')) throw problem('needs a path');
  const texts = pattern.slice(1).split('/');
  const hasTail = texts.at(-1) === '*';
  if (hasTail) texts.pop();
  const segments = texts.map((text): Segment => {
    if (text.includes('*')) throw problem("'*' is allowed only at the end");
    if (!text.startsWith(':')) return { literal: text };
    const param = text.slice(1);
    if (!isParamName(param)) throw problem(`unknown kind of parameter '${param}'`);
    return { param };
  });
  if (definition.from.length === 0) throw problem('needs at least one caller');
  const tenantless = !segments.some((segment) => 'param' in segment && segment.param === 'tenant');
  if (definition.from.includes('bot') && tenantless)
    throw problem('a bot may only call routes with a :tenant parameter');
  if (definition.from.includes('public') && definition.from.length > 1)
    throw problem('a public route must have no other caller');
  if (definition.fencedBy !== undefined && (tenantless || definition.from.some((from) => from !== definition.fencedBy)))
    throw problem('only the part that fences it may call it, for a :tenant');
  const mutates = (method: string) => !safeMethods.has(method) && definition.journal !== 'later';
  const { to, answerWithinMs = usualAnswerWithinMs[to] } = definition;
  return { ...definition, answerWithinMs, methods: words as Method[], pattern, segments, hasTail, mutates };
}

const isParamName = (text: string): text is ParamName => Object.hasOwn(kinds, text);

function matchSegments({ segments }: Route, texts: readonly string[], from: number): RouteParams | undefined {
  const params: Partial<Record<ParamName, string>> = {};
  for (let index = 0; index < segments.length; index += 1) {
    const segment = segments[index];
    const text = texts[from + index];
    if (segment === undefined || text === undefined) return undefined;
    if ('literal' in segment) {
      if (segment.literal !== text) return undefined;
    } else {
      if (!kinds[segment.param](text)) return undefined;
      params[segment.param] = text;
    }
  }
  return params as RouteParams;
}

function push(index: Map<string, Route[]>, key: string, route: Route): void {
  const known = index.get(key);
  if (known) known.push(route);
  else index.set(key, [route]);
}
