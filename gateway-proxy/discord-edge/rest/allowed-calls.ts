import { isSnowflake } from '#infra/kernel/ids.ts';
import type { TrackedInteraction } from '../interactions/interaction.ts';
import type { GuildBook } from '../state/guild-book.ts';
import type { DiscordCall } from '../discord/discord-call.ts';
import type { Target } from './target.ts';

/** What a call is checked against: the tenant's own application, guilds and interactions. */
export interface Reach {
  readonly applicationId: string;
  readonly book: GuildBook;
  interactionById(id: string, token: string): TrackedInteraction | undefined;
  interactionByToken(token: string): TrackedInteraction | undefined;
  /** Whether interactions that an earlier edge had may not have been repeated yet. */
  mayStillArrive(): boolean;
}

type Params = Readonly<Record<string, string>>;

/** How an allowed call is carried out. */
type Handling = 'callback' | 'follow-up' | 'interaction-message' | 'forward' | 'gateway';

export interface AllowedCall {
  /** Parameters are snowflakes, but `:token` is an interaction's token and `:message` may be `@original`. */
  readonly on: string;
  readonly handling: Handling;
  /** Query parameters that are allowed. */
  readonly query?: readonly string[];
  /** Whether what the parameters name belongs to the tenant, or may turn out to. */
  readonly within: (params: Params, reach: Reach) => boolean;
}

const anywhere = () => true;
const ownApplication = ({ application }: Params, { applicationId }: Reach) => application === applicationId;
const ownGuild = (params: Params, reach: Reach) =>
  ownApplication(params, reach) && reach.book.guild(params['guild'] ?? '') !== undefined;
const ownChannel = ({ channel = '' }: Params, { book }: Reach) => book.guildOfChannel(channel) !== undefined;
const ownVoiceChannel = ({ channel = '' }: Params, { book }: Reach) => {
  const type = book.guildOfChannel(channel)?.channels.get(channel)?.['type'];
  return type === 2 || type === 13;
};
// One that may still arrive is not refused: the bot would take that for the end of it, and never answer.
const ownInteraction = ({ interaction = '', token = '' }: Params, reach: Reach) =>
  reach.interactionById(interaction, token) !== undefined || reach.mayStillArrive();
const ownWebhook = (params: Params, reach: Reach) =>
  ownApplication(params, reach) &&
  (reach.interactionByToken(params['token'] ?? '') !== undefined || reach.mayStillArrive());

/** Every call to Discord that a bot may make. All others are refused. */
export const allowedCalls: readonly AllowedCall[] = [
  {
    on: 'POST /interactions/:interaction/:token/callback',
    handling: 'callback',
    query: ['with_response'],
    within: ownInteraction,
  },
  {
    on: 'POST /webhooks/:application/:token',
    handling: 'follow-up',
    query: ['wait', 'with_components'],
    within: ownWebhook,
  },
  { on: 'GET /webhooks/:application/:token/messages/:message', handling: 'interaction-message', within: ownWebhook },
  {
    on: 'PATCH /webhooks/:application/:token/messages/:message',
    handling: 'interaction-message',
    query: ['with_components'],
    within: ownWebhook,
  },
  { on: 'DELETE /webhooks/:application/:token/messages/:message', handling: 'interaction-message', within: ownWebhook },
  { on: 'POST /channels/:channel/messages', handling: 'forward', within: ownChannel },
  { on: 'PATCH /channels/:channel/messages/:id', handling: 'forward', within: ownChannel },
  { on: 'DELETE /channels/:channel/messages/:id', handling: 'forward', within: ownChannel },
  { on: 'PUT /channels/:channel/messages/:id/reactions/%E2%9C%85/@me', handling: 'forward', within: ownChannel },
  { on: 'PUT /channels/:channel/voice-status', handling: 'forward', within: ownVoiceChannel },
  {
    on: 'GET /applications/:application/commands',
    handling: 'forward',
    query: ['with_localizations'],
    within: ownApplication,
  },
  { on: 'PUT /applications/:application/commands', handling: 'forward', within: ownApplication },
  {
    on: 'GET /applications/:application/guilds/:guild/commands',
    handling: 'forward',
    query: ['with_localizations'],
    within: ownGuild,
  },
  { on: 'PUT /applications/:application/guilds/:guild/commands', handling: 'forward', within: ownGuild },
  { on: 'GET /users/@me', handling: 'forward', within: anywhere },
  { on: 'GET /applications/@me', handling: 'forward', within: anywhere },
  { on: 'GET /gateway/bot', handling: 'gateway', within: anywhere },
];

export interface Allowed {
  readonly method: DiscordCall['method'];
  readonly handling: Handling;
  readonly params: Params;
}

const tokenPattern = /^[A-Za-z0-9_.-]{16,512}$/;

const table = allowedCalls.map((call) => {
  const [method = '', path = ''] = call.on.split(' ');
  return { call, method: method as DiscordCall['method'], pattern: path.slice(1).split('/') };
});

/** The table entry that allows a call, or undefined. */
export function allowed(method: string, target: Target, reach: Reach): Allowed | undefined {
  for (const entry of table) {
    if (entry.method !== method) continue;
    const params = match(entry.pattern, target.segments);
    if (!params) continue;
    const query = entry.call.query ?? [];
    if (![...target.query.keys()].every((name) => query.includes(name))) return undefined;
    return entry.call.within(params, reach)
      ? { method: entry.method, handling: entry.call.handling, params }
      : undefined;
  }
  return undefined;
}

function match(pattern: readonly string[], segments: readonly string[]): Params | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== segment) return undefined;
      continue;
    }
    const name = part.slice(1);
    if (!fits(name, segment)) return undefined;
    params[name] = segment;
  }
  return params;
}

function fits(name: string, segment: string): boolean {
  if (name === 'token') return tokenPattern.test(segment);
  return isSnowflake(segment) || (name === 'message' && segment === '@original');
}
