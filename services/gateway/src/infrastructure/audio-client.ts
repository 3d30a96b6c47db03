import { followStream } from '#infra/http/follow-stream.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { addressOf } from '#policies/addresses.ts';
import { helpSchema } from '#services/contracts/help.ts';
import {
  enqueueResponseSchema,
  lyricsResponseSchema,
  operationResponseSchema,
  playerEventSchema,
  playerOperations,
  playerResponseSchema,
  playerSchema,
  queueSliceSchema,
  searchResponseSchema,
  skipResponseSchema,
} from '#services/contracts/player.ts';
import { settingsResponseSchema } from '#services/contracts/settings.ts';
import type { BotLogger } from '../application/bot-ports.ts';
import type { OnBehalf, PlayerPort } from '../application/player-port.ts';
import { checkStatus, createAudioCall, type AudioRoute } from './audio-call.ts';
import type { ProxyClient } from './proxy-client.ts';

/** Adding may search, join a channel and play: gateway-proxy waits 18 s for it. */
const enqueueTimeoutMs = 20_000;
/** gateway-proxy waits 8 s. */
const patientTimeoutMs = 9_000;
const searchTimeoutMs = 2_000;
/** As many of a member's entries as are shown. */
const mostOfMember = 25;

const player = '/v1/tenants/:tenant/guilds/:guild/player';
const settings = '/v1/tenants/:tenant/guilds/:guild/settings';

/** The audio service's player routes (policies/routes.ts) as the port of the use cases. */
export function createAudioClient(options: {
  readonly proxy: ProxyClient;
  readonly tenant: string;
  readonly logger: BotLogger;
  readonly clock: Clock;
}): PlayerPort {
  const { proxy, tenant, logger, clock } = options;
  const call = createAudioCall(proxy, tenant);
  const command = async ({ guild, transaction }: OnBehalf, on: AudioRoute, body?: unknown) => {
    const request = { guild, on, transaction, body };
    return (await call(request, playerResponseSchema)).player;
  };
  return {
    read: (guild, transaction) => call({ guild, on: `GET ${player}`, transaction }, playerSchema),
    async slice({ guild, transaction }, from, limit) {
      const on = `GET ${player}/queue` as const;
      return (await call({ guild, on, query: { from, limit }, transaction }, queueSliceSchema)).entries;
    },
    async queuedBy({ guild, transaction }, member) {
      const on = `GET ${player}/queue` as const;
      const query = { from: 0, limit: mostOfMember, member };
      const { entries, ofMember } = await call({ guild, on, query, transaction }, queueSliceSchema);
      return { tracks: entries, positions: ofMember?.positions ?? [], count: ofMember?.count ?? 0 };
    },
    lyrics: ({ guild, transaction }) =>
      call({ guild, on: `GET ${player}/lyrics`, transaction, timeoutMs: patientTimeoutMs }, lyricsResponseSchema),
    help: ({ guild, transaction }) =>
      call({ guild, on: 'GET /v1/tenants/:tenant/guilds/:guild/help', transaction }, helpSchema),
    async search({ guild, transaction }, query, how) {
      const on = `GET ${player}/search` as const;
      const request = { guild, on, query: { query }, transaction, timeoutMs: how ? patientTimeoutMs : searchTimeoutMs };
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
    pick: ({ guild, transaction }, tracks) =>
      call(
        { guild, on: `POST ${player}/queue/pick`, transaction, body: { tracks }, timeoutMs: enqueueTimeoutMs },
        enqueueResponseSchema,
      ),
    pause: (on) => command(on, `POST ${player}/pause`),
    resume: (on) => command(on, `POST ${player}/resume`),
    skip: ({ guild, transaction }) => call({ guild, on: `POST ${player}/skip`, transaction }, skipResponseSchema),
    operate: ({ guild, transaction }, name, body) =>
      call({ guild, on: playerOperations[name].on, transaction, body }, operationResponseSchema),
    stop: (on) => command(on, `POST ${player}/stop`),
    setVolume: (on, percent) => command(on, `PUT ${player}/volume`, { percent }),
    async readSettings({ guild, transaction }) {
      return (await call({ guild, on: `GET ${settings}`, transaction }, settingsResponseSchema)).settings;
    },
    async changeSettings({ guild, transaction }, body) {
      const on = `POST ${settings}/change` as const;
      return (await call({ guild, on, transaction, body }, settingsResponseSchema)).settings;
    },
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
