import type { z } from 'zod';
import { followStream } from '#infra/http/follow-stream.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { BailiwickError, upstreamFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { addressOf, type RouteTo } from '#policies/addresses.ts';
import {
  enqueueResponseSchema,
  operationResponseSchema,
  playerEventSchema,
  playerOperations,
  playerResponseSchema,
  playerSchema,
  searchResponseSchema,
  skipResponseSchema,
} from '#services/contracts/player.ts';
import type { BotLogger } from '../application/bot-ports.ts';
import type { OnBehalf, PlayerPort } from '../application/player-port.ts';
import type { ProxyClient, ProxyRequest } from './proxy-client.ts';

/** Adding may search, join a channel and play: gateway-proxy waits 18 s for it. */
const enqueueTimeoutMs = 20_000;
const searchTimeoutMs = 2_000;

const player = '/v1/tenants/:tenant/guilds/:guild/player';
/** The routes of a guild's player that name nothing else. */
type PlayerRoute = Exclude<Extract<RouteTo<'audio'>, `${string} ${typeof player}${string}`>, `${string}:entry`>;

interface AudioRequest extends Omit<ProxyRequest, 'to' | 'method' | 'path'> {
  readonly guild: Snowflake;
  readonly on: PlayerRoute;
  /** With its question mark. */
  readonly query?: string;
}

/** The audio service's player routes (policies/routes.ts) as the port of the use cases. */
export function createAudioClient(options: {
  readonly proxy: ProxyClient;
  readonly tenant: string;
  readonly logger: BotLogger;
  readonly clock: Clock;
}): PlayerPort {
  const { proxy, tenant, logger, clock } = options;
  const call = async <Schema extends z.ZodType>(request: AudioRequest, schema: Schema): Promise<z.infer<Schema>> => {
    const { guild, on, query = '', ...rest } = request;
    const address = addressOf('audio', on, { tenant, guild });
    const answer = await proxy.request({ ...rest, ...address, path: `${address.path}${query}` });
    return parseAnswer(answer, schema);
  };
  const command = async ({ guild, transaction }: OnBehalf, on: PlayerRoute, body?: unknown) => {
    const request = { guild, on, transaction, body };
    return (await call(request, playerResponseSchema)).player;
  };
  return {
    read: (guild, transaction) => call({ guild, on: `GET ${player}`, transaction }, playerSchema),
    async search({ guild, transaction }, query) {
      const asked = `?${new URLSearchParams({ query }).toString()}`;
      const on = `GET ${player}/search` as const;
      const request = { guild, on, query: asked, transaction, timeoutMs: searchTimeoutMs };
      return (await call(request, searchResponseSchema)).tracks;
    },
    enqueue: ({ guild, transaction }, query, placement) =>
      call(
        {
          guild,
          on: placement ? `POST ${player}/queue/${placement}` : `POST ${player}/queue`,
          transaction,
          body: { query },
          timeoutMs: enqueueTimeoutMs,
        },
        enqueueResponseSchema,
      ),
    pause: (on) => command(on, `POST ${player}/pause`),
    resume: (on) => command(on, `POST ${player}/resume`),
    skip: ({ guild, transaction }) => call({ guild, on: `POST ${player}/skip`, transaction }, skipResponseSchema),
    operate: ({ guild, transaction }, name, body) =>
      call({ guild, on: playerOperations[name].on, transaction, body }, operationResponseSchema),
    stop: (on) => command(on, `POST ${player}/stop`),
    setVolume: (on, percent) => command(on, `PUT ${player}/volume`, { percent }),
    async rememberMessage(guild, message) {
      const address = addressOf('audio', `PUT ${player}/message`, { tenant, guild });
      checkStatus(await proxy.request({ ...address, body: { message } }));
    },
    follow(listener, signal) {
      void followStream({
        open: () =>
          proxy.stream({ ...addressOf('audio', 'GET /v1/tenants/:tenant/player-events', { tenant }), signal }),
        handle(value) {
          const event = playerEventSchema.safeParse(value);
          if (event.success) return listener(event.data);
          logger.warn({}, "unknown event in the audio service's stream");
        },
        lost: (error, retryInMs) => logger.warn({ err: error, retryInMs }, 'the stream from audio is interrupted'),
        clock,
        signal,
      });
    },
  };
}

function checkStatus(answer: { readonly status: number }): void {
  if (answer.status >= 200 && answer.status < 300) return;
  throw upstreamFault(
    'player.unexpected-answer',
    'The music service gave an unexpected response. Try again in a moment.',
    {
      status: answer.status,
    },
  );
}

function parseAnswer<Schema extends z.ZodType>(
  answer: { readonly status: number; readonly body: Buffer },
  schema: Schema,
) {
  checkStatus(answer);
  const parsed = schema.safeParse(parseJson(answer.body.toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new BailiwickError({
    code: 'player.unexpected-answer',
    owner: 'platform',
    status: 502,
    message: 'The music service gave an unexpected response. Try again in a moment.',
    operatorMessage: `not as in services/contracts/player.ts: ${parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')}`,
  });
}
