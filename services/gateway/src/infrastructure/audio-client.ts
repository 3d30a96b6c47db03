import type { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { BailiwickError, upstreamFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import {
  enqueueResponseSchema,
  playerEventSchema,
  playerResponseSchema,
  playerSchema,
  searchResponseSchema,
  skipResponseSchema,
} from '#services/contracts/player.ts';
import type { BotLogger } from '../application/bot-ports.ts';
import type { OnBehalf, PlayerPort } from '../application/player-port.ts';
import { followStream } from './follow-stream.ts';
import type { ProxyClient, ProxyRequest } from './proxy-client.ts';

/** Adding may search, join a channel and play: gateway-proxy waits 18 s for it. */
const enqueueTimeoutMs = 20_000;
const searchTimeoutMs = 2_000;

type AudioRequest = Omit<ProxyRequest, 'to' | 'path'> & { readonly guild: Snowflake; readonly under: string };

/** The audio service's player routes (policies/routes.ts) as the port of the use cases. */
export function createAudioClient(options: {
  readonly proxy: ProxyClient;
  readonly tenant: string;
  readonly logger: BotLogger;
  readonly clock: Clock;
}): PlayerPort {
  const { proxy, tenant, logger, clock } = options;
  const base = `/v1/tenants/${tenant}`;
  const call = async <Schema extends z.ZodType>(request: AudioRequest, schema: Schema): Promise<z.infer<Schema>> => {
    const { guild, under, ...rest } = request;
    const answer = await proxy.request({ ...rest, to: 'audio', path: `${base}/guilds/${guild}/player${under}` });
    return parseAnswer(answer, schema);
  };
  const command = async (on: OnBehalf, name: string, method = 'POST', body?: unknown) => {
    const request = { guild: on.guild, under: `/${name}`, method, transaction: on.transaction, body };
    return (await call(request, playerResponseSchema)).player;
  };
  return {
    read: (guild, transaction) => call({ guild, under: '', method: 'GET', transaction }, playerSchema),
    async search({ guild, transaction }, query) {
      const under = `/search?${new URLSearchParams({ query }).toString()}`;
      const request = { guild, under, method: 'GET', transaction, timeoutMs: searchTimeoutMs };
      return (await call(request, searchResponseSchema)).tracks;
    },
    enqueue: ({ guild, transaction }, query) =>
      call(
        { guild, under: '/queue', method: 'POST', transaction, body: { query }, timeoutMs: enqueueTimeoutMs },
        enqueueResponseSchema,
      ),
    pause: (on) => command(on, 'pause'),
    resume: (on) => command(on, 'resume'),
    skip: ({ guild, transaction }) => call({ guild, under: '/skip', method: 'POST', transaction }, skipResponseSchema),
    stop: (on) => command(on, 'stop'),
    setVolume: (on, percent) => command(on, 'volume', 'PUT', { percent }),
    async rememberMessage(guild, message) {
      const path = `${base}/guilds/${guild}/player/message`;
      checkStatus(await proxy.request({ to: 'audio', method: 'PUT', path, body: { message } }));
    },
    follow(listener, signal) {
      void followStream({
        open: () => proxy.stream({ to: 'audio', path: `${base}/player-events`, signal }),
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
