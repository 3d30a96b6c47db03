import { parseBoundedJson } from '#infra/kernel/bounded-json.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Answers, Asked } from '../interactions/answers.ts';
import type { TrackedInteraction } from '../interactions/interaction.ts';
import { isRaw, type Raw } from '../discord/raw.ts';
import { allowed, type Allowed, type Reach } from './allowed-calls.ts';
import type { VoiceStatuses } from './voice-statuses.ts';
import type { Controls } from './controls.ts';
import { discordError, json, noContent, notAllowed, notYet } from '../discord/discord-answers.ts';
import type { DiscordRest } from './discord-rest.ts';
import { parseTarget, type Target } from './target.ts';

/** One call of a bot, as received. */
export interface BotCall {
  readonly method: string;
  /** What follows `/rest/` in the target, as on the wire. */
  readonly target: string;
  readonly contentType: string | undefined;
  readonly body: Uint8Array | undefined;
  /** The Idempotency-Key of an answer to an interaction that may be repeated, and is given once. */
  readonly key?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BotCallsOptions {
  readonly reach: Reach;
  readonly rest: DiscordRest;
  readonly answers: Answers;
  readonly controls: Controls;
  readonly statuses: Pick<VoiceStatuses, 'set'>;
  readonly logger: Logger;
}

/**
 * A bot's access to Discord's REST API: only the allowed calls, with the token added. Every response has Discord's
 * form.
 */
export class BotCalls {
  readonly #options: BotCallsOptions;

  constructor(options: BotCallsOptions) {
    this.#options = options;
  }

  async handle(call: BotCall): Promise<Response> {
    const { reach, logger } = this.#options;
    const target = parseTarget(call.target);
    const found = target && allowed(call.method, target, reach);
    if (!found) return notAllowed('this bot is not allowed to make this call.');
    const body = readBody(call);
    if (body === 'no-json') return discordError(400, 50109, 'The request body contains invalid JSON.');
    try {
      return await this.#carryOut(found, target, body, call);
    } catch (error) {
      logger.error({ err: error }, "a bot's call failed");
      return discordError(503, 0, 'The call failed. Try again in a moment.');
    }
  }

  async #carryOut(
    { method, handling, params }: Allowed,
    { path, query }: Target,
    body: unknown,
    { key, signal }: BotCall,
  ): Promise<Response> {
    const { answers, reach, rest } = this.#options;
    if (handling === 'gateway') return json(200, gatewayOfTheEdge);
    if (handling === 'forward') {
      const answer = await rest.call({ method, path, query, body, authorized: true, signal });
      if (path.endsWith('/voice-status')) this.#noteStatus(params['channel'] ?? '', body, answer);
      else if (params['channel'] !== undefined) await this.#noteControls(method, params['id'], body, answer);
      return answer;
    }
    const { interaction = '', token = '', message = '' } = params;
    const tracked =
      handling === 'callback' ? reach.interactionById(interaction, token) : reach.interactionByToken(token);
    if (!tracked && reach.mayStillArrive()) return notYet();
    if (!tracked) return notAllowed('this bot is not allowed to make this call.');
    const raw: Raw = isRaw(body) ? body : {};
    switch (handling) {
      case 'callback':
        return this.#callback(tracked, raw, { query, key });
      case 'follow-up': {
        const answer = await answers.followUp(tracked, raw, { query, key });
        await this.#noteControls(method, undefined, raw, answer);
        return answer;
      }
      case 'interaction-message': {
        const answer = await answers.message(tracked, {
          method: method as 'GET' | 'PATCH' | 'DELETE',
          message,
          body: method === 'PATCH' ? raw : undefined,
          query,
        });
        await this.#noteControls(method, message, raw, answer);
        return answer;
      }
    }
  }

  /** Only Discord's response tells which message a callback created: if it has buttons, that response is requested. */
  async #callback(tracked: TrackedInteraction, raw: Raw, asked: Asked): Promise<Response> {
    const { answers } = this.#options;
    const message = isRaw(raw['data']) ? raw['data'] : {};
    if (!Array.isArray(message['components'])) return answers.callback(tracked, raw, asked);
    const query = new URLSearchParams({ with_response: 'true' });
    const answer = await answers.callback(tracked, raw, { ...asked, query });
    await this.#noteControls('POST', undefined, message, answer);
    return answer.ok && asked.query?.get('with_response') !== 'true' ? noContent() : answer;
  }

  #noteStatus(channel: string, body: unknown, answer: Response): void {
    const { reach, statuses } = this.#options;
    const guild = reach.book.guildOfChannel(channel);
    if (answer.ok && guild) statuses.set(guild.id, channel, body);
  }

  async #noteControls(method: string, id: string | undefined, body: unknown, answer: Response): Promise<void> {
    if (!answer.ok) return;
    const { controls } = this.#options;
    if (method === 'DELETE') {
      if (id !== undefined) controls.gone(id);
      return;
    }
    if (!isRaw(body) || !Array.isArray(body['components']) || answer.status === 204) return;
    const said: unknown = await answer
      .clone()
      .json()
      .catch(() => undefined);
    const resource = isRaw(said) && isRaw(said['resource']) ? said['resource']['message'] : said;
    controls.sent(body, resource);
  }
}

/** Libraries ask before they connect. The edge holds the session; a bot gets no gateway of its own. */
const gatewayOfTheEdge = {
  url: 'wss://gateway.discord.gg',
  shards: 1,
  session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 86_400_000, max_concurrency: 1 },
};

function readBody(call: BotCall): unknown {
  if (call.method === 'GET' || !call.body || call.body.length === 0) return undefined;
  if (!/^application\/json\b/i.test(call.contentType ?? '')) return 'no-json';
  try {
    return parseBoundedJson(new TextDecoder('utf-8', { fatal: true }).decode(call.body));
  } catch {
    return 'no-json';
  }
}
