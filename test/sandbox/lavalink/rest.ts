import type { IncomingMessage, ServerResponse } from 'node:http';
import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { STATUS_CODES } from '#infra/http/plain-http.ts';
import { wholeBody } from '#infra/http/whole-body.ts';
import { hasPlugin } from './abilities.ts';
import { loadSearch } from './load-search.ts';
import { loadTracks } from './load.ts';
import { lyricsOf } from './lyrics.ts';
import type { Node } from './node.ts';
import { applyUpdate, checkUpdate, decoded, playerUpdateSchema } from './player-update.ts';
import { javaJson, long, parseJavaJson } from './java-json.ts';
import { RestError } from './rest-error.ts';
import type { Session } from './session.ts';
import { segmentCategories } from './sponsor-block.ts';

/** The Lavalink release whose behaviour this server follows. */
export const version = { semver: '4.2.2', major: 4, minor: 2, patch: 2, preRelease: null, build: null } as const;

const bodyLimitBytes = 1 << 20;
const builtAtMs = Date.UTC(2026, 2, 20);

interface Call {
  readonly node: Node;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** A string is sent as text, undefined as 204, anything else as JSON. */
type Handler = (call: Call) => unknown;

const categoriesPath = '/v4/sessions/:session/players/:guild/sponsorblock/categories';

/** Every route of this server; any other path does not exist. */
const routes: readonly { method: string; path: RegExp; handle: Handler }[] = [
  route('GET', '/version', () => version.semver),
  route('GET', '/v4/info', info),
  route('GET', '/v4/stats', ({ node }) => node.stats(false)),
  route('GET', '/v4/loadtracks', ({ node, query }) => loadTracks(required(query, 'identifier'), node.abilities)),
  route(
    'GET',
    '/v4/loadsearch',
    ofPlugin('lavasearch-plugin', ({ node, query }) =>
      loadSearch(required(query, 'query'), query.get('types'), node.abilities),
    ),
  ),
  route('GET', '/v4/decodetrack', ({ query }) => decoded(query.get('encodedTrack') ?? required(query, 'track'))),
  route('POST', '/v4/decodetracks', ({ body }) => parse(z.array(z.string()).min(1), body).map(decoded)),
  route('GET', '/v4/sessions/:session/players', (call) => [...session(call).players.values()].map((one) => one.body())),
  route('GET', '/v4/sessions/:session/players/:guild', (call) => existingPlayer(call).body()),
  route('PATCH', '/v4/sessions/:session/players/:guild', updatePlayer),
  route('DELETE', '/v4/sessions/:session/players/:guild', (call) => session(call).destroyPlayer(guildOf(call))),
  route('PATCH', '/v4/sessions/:session', updateSession),
  route('GET', '/v4/sessions/:session/players/:guild/track/lyrics', ofPlugin('lavalyrics-plugin', playersLyrics)),
  route(
    'GET',
    '/v4/lyrics',
    ofPlugin('lavalyrics-plugin', ({ query }) => lyricsOf(decoded(required(query, 'track')).info)),
  ),
  route(
    'GET',
    categoriesPath,
    ofPlugin('sponsorblock-plugin', (call) => session(call).player(guildOf(call)).categories),
  ),
  route('PUT', categoriesPath, ofPlugin('sponsorblock-plugin', putCategories)),
  route(
    'DELETE',
    categoriesPath,
    ofPlugin('sponsorblock-plugin', (call) => session(call).player(guildOf(call)).skipSegments([])),
  ),
  route('GET', '/v4/routeplanner/status', () => undefined),
];

/**
 * Answers one REST request; never throws. 401 without a password, 403 with a wrong one (Lavalink's
 * RequestAuthorizationFilter).
 */
export async function answer(
  node: Node,
  password: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://lavalink');
  response.setHeader('Lavalink-Api-Version', '4');
  const given = request.headers.authorization;
  if (!passwordMatches(password, given)) {
    response.writeHead(given === undefined ? 401 : 403).end();
    return;
  }
  try {
    send(response, await dispatch(node, request, url));
  } catch (error) {
    sendError(node, response, url, error);
  }
}

/** Compares in constant time, except for the length. */
export function passwordMatches(password: string, given: string | undefined): boolean {
  if (given === undefined) return false;
  const [a, b] = [Buffer.from(password), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Sends an error in Lavalink's format; with `?trace=true` it includes a trace. */
export function sendError(node: Node, response: ServerResponse, url: URL, error: unknown): void {
  const status = error instanceof RestError ? error.status : 500;
  const message = error instanceof Error ? error.message : String(error);
  const trace = url.searchParams.get('trace') === 'true' ? { trace: `sandbox.lavalink.RestException: ${message}` } : {};
  response.writeHead(status, { 'content-type': 'application/json' });
  const name = STATUS_CODES[status] ?? 'Error';
  response.end(
    JSON.stringify({ timestamp: node.clock.now(), status, error: name, ...trace, message, path: url.pathname }),
  );
}

async function dispatch(node: Node, request: IncomingMessage, url: URL): Promise<unknown> {
  const candidates = routes.flatMap((entry) => {
    const match = entry.path.exec(url.pathname);
    return match ? [{ entry, params: match.groups ?? {} }] : [];
  });
  if (candidates.length === 0) throw new RestError(404, `No static resource ${url.pathname.slice(1)}.`);
  const found = candidates.find(({ entry }) => entry.method === request.method);
  if (!found) throw new RestError(405, `Method '${request.method}' is not supported.`);
  const body = request.method === 'GET' || request.method === 'DELETE' ? undefined : await readJson(request);
  return found.entry.handle({ node, params: found.params, query: url.searchParams, body });
}

function send(response: ServerResponse, result: unknown): void {
  if (result === undefined) response.writeHead(204).end();
  else if (typeof result === 'string') response.writeHead(200, { 'content-type': 'text/plain' }).end(result);
  else response.writeHead(200, { 'content-type': 'application/json' }).end(javaJson(result));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await wholeBody(request, bodyLimitBytes, () => new RestError(413, 'The body is too large'));
  try {
    return parseJavaJson(body.toString('utf8'));
  } catch (cause) {
    throw new RestError(400, `Could not read JSON: ${(cause as Error).message}`);
  }
}

function updatePlayer(call: Call): unknown {
  const owner = session(call);
  const update = parse(playerUpdateSchema, call.body);
  checkUpdate(update);
  checkFilters(update.filters, call.node.abilities);
  const player = owner.player(guildOf(call));
  applyUpdate(player, update, call.query.get('noReplace') === 'true');
  return player.body();
}

/** Lavalink refuses filters that its configuration disables (its PlayerRestHandler). */
function checkFilters(filters: object | undefined, { filters: known }: Node['abilities']): void {
  const disabled = Object.keys(filters ?? {}).filter((name) => !known.includes(name) && name !== 'pluginFilters');
  if (disabled.length === 0) return;
  throw new RestError(400, `Following filters are disabled in the config: ${disabled.join(', ')}`);
}

function updateSession(call: Call): unknown {
  const target = session(call);
  const schema = z.object({ resuming: z.boolean().optional(), timeout: long.pipe(z.number().min(0)).optional() });
  const { resuming, timeout } = parse(schema, call.body);
  target.resuming = resuming ?? target.resuming;
  target.timeoutSec = timeout ?? target.timeoutSec;
  return { resuming: target.resuming, timeout: target.timeoutSec };
}

/** Without the plugin the route does not exist. */
function ofPlugin(name: string, handle: Handler): Handler {
  return (call) => {
    if (!hasPlugin(call.node.abilities, name)) throw new RestError(404, 'No static resource.');
    return handle(call);
  };
}

function playersLyrics(call: Call): unknown {
  const { track } = existingPlayer(call);
  if (!track) throw new RestError(404, 'Not currently playing anything');
  return lyricsOf(track.info);
}

function putCategories(call: Call): undefined {
  const categories = parse(z.array(z.enum(segmentCategories)), call.body);
  session(call).player(guildOf(call)).skipSegments(categories);
}

function info({ node }: Call): unknown {
  const { sources: sourceManagers, filters, plugins } = node.abilities;
  return {
    version,
    buildTime: builtAtMs,
    git: { branch: 'sandbox', commit: '0000000', commitTime: builtAtMs },
    jvm: 'sandbox (no JVM)',
    lavaplayer: '2.2.4',
    sourceManagers,
    filters,
    plugins,
  };
}

function session({ node, params }: Call): Session {
  const found = node.sessions.get(params['session'] ?? '');
  if (!found) throw new RestError(404, 'Session not found');
  return found;
}

function existingPlayer(call: Call) {
  const player = session(call).players.get(guildOf(call));
  if (!player) throw new RestError(404, 'Player not found');
  return player;
}

function guildOf({ params }: Call): string {
  const guild = params['guild'] ?? '';
  if (!/^\d{1,20}$/.test(guild)) throw new RestError(400, "Failed to convert 'guildId' to a number");
  return guild;
}

function required(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null) throw new RestError(400, `Required parameter '${name}' is not present.`);
  return value;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new RestError(400, `Could not read JSON: ${z.prettifyError(result.error)}`);
}

function route(method: string, path: string, handle: Handler): { method: string; path: RegExp; handle: Handler } {
  return { method, path: new RegExp(`^${path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`), handle };
}
