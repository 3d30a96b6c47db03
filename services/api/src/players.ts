import type { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, hasCode } from '#infra/kernel/errors.ts';
import { snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { addressOf, type RouteTo } from '#policies/addresses.ts';
import { actionOf } from '#policies/routes.ts';
import type { Action } from '#security/identity/actions.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { DelegatedSigner } from '#security/identity/signed-token.ts';
import { issueTransactionToken, newTransactionId } from '#security/identity/transaction-token.ts';
import {
  enqueueResponseSchema,
  playerErrorCodes,
  playerResponseSchema,
  playerSchema,
  queueSliceSchema,
  soundSchema,
  type EnqueueResponse,
  type Player,
  type QueueSlice,
  type Sound,
} from '#services/contracts/player.ts';
import {
  settingsResponseSchema,
  type settingsRequestSchema,
  type VersionedSettings,
} from '#services/contracts/settings.ts';
import { topsSchema, type Tops, type TopsQuery } from '#services/contracts/statistics.ts';
import {
  timelineEventsSchema,
  timelineMomentSchema,
  type ShownMoment,
  type TimelineEvent,
} from '#services/contracts/timeline.ts';
import { memberVoiceSchema } from '#tenants/instance-protocol/guilds.ts';

/** Whose player, and the caller. */
export interface PlayerOf {
  readonly tenant: TenantId;
  readonly guild: Snowflake;
  /** `discord:<user id>` or `operator:<name>`. */
  readonly subject: string;
  /** The API key that acts for the subject; recorded with what it did. */
  readonly apiKey?: string | undefined;
  /** Whether the credential covers this action: an API key may have fewer permissions than its creator. */
  readonly covers: (action: Action) => boolean;
}

export type PlayerControl = 'pause' | 'resume' | 'skip' | 'stop';

/**
 * Players, for callers of the portal or the API. Each call carries a transaction token for this one action of this one
 * person; gateway-proxy decides it by their role in the tenant. Errors are those of the proxy (`authorize.denied`) and
 * of the audio service (`player.*`).
 */
export interface Players {
  read(of: PlayerOf): Promise<Player>;
  control(of: PlayerOf, what: PlayerControl): Promise<Player>;
  /** Percent, 0 to 150. */
  setVolume(of: PlayerOf, percent: number): Promise<Player>;
  /**
   * `voiceChannel` is the one that the bot joins if it is in none; defaults to the one that the caller is in at
   * Discord.
   */
  enqueue(
    of: PlayerOf,
    wanted: { query: string; voiceChannel?: Snowflake | undefined },
    options?: Transacted,
  ): Promise<EnqueueResponse>;
  /** Makes the bot join a voice channel. */
  join(of: PlayerOf, voiceChannel: Snowflake, options?: Transacted): Promise<Player>;
  move(of: PlayerOf, entryId: string, to: number): Promise<Player>;
  remove(of: PlayerOf, entryId: string): Promise<Player>;
  slice(of: PlayerOf, from: number, limit: number): Promise<QueueSlice>;
  /** The state that the playing node itself reports. */
  sound(of: PlayerOf): Promise<Sound>;
  /** The player at a moment; null if nothing had happened by then, or it is no longer kept. */
  timelineAt(of: PlayerOf, atMs: number): Promise<ShownMoment | null>;
  /** What happened in a time, oldest first: at most `limit` events, those above version `after`. */
  timelineEvents(
    of: PlayerOf,
    range: { readonly fromMs: number; readonly toMs: number; readonly after: number; readonly limit: number },
  ): Promise<readonly TimelineEvent[]>;
  /** What was played most in a tenant's servers, or in one, and who asked for most of it; days of UTC, both included. */
  tops(of: Omit<PlayerOf, 'guild'>, range: TopsQuery): Promise<Tops>;
  /** How the bot behaves in the guild. */
  settings(of: PlayerOf): Promise<VersionedSettings>;
  /** @throws BailiwickError settings.changed (412) if another version than `replaces` is there */
  replaceSettings(of: PlayerOf, request: z.infer<typeof settingsRequestSchema>): Promise<VersionedSettings>;
}

interface Transacted {
  readonly signal?: AbortSignal;
}

/** Adding may search, join a channel and play: gateway-proxy waits 18 s for it. */
const enqueueTimeoutMs = 20_000;
/** Opening what was played on many days may take 8 s there. */
const topsTimeoutMs = 10_000;

const player = '/v1/tenants/:tenant/guilds/:guild/player';
const settings = '/v1/tenants/:tenant/guilds/:guild/settings';
const timeline = '/v1/tenants/:tenant/guilds/:guild/timeline';
const tops = '/v1/tenants/:tenant/statistics/top';
type PlayerRoute = Extract<
  RouteTo<'audio'>,
  `${string} ${typeof player | typeof timeline}${string}` | `${string} ${typeof settings | typeof tops}`
>;

const longer: Partial<Record<Action, number>> = {
  'player.enqueue': enqueueTimeoutMs,
  'statistics.read': topsTimeoutMs,
};

/** Long enough for one call with its retries. */
const lifetimeSec = 30;

export function createPlayers(ports: {
  readonly signer: DelegatedSigner;
  readonly caller: Caller;
  readonly clock: Clock;
}): Players {
  const { signer, caller, clock } = ports;
  const call = async <Schema extends z.ZodType>(
    { tenant, guild, subject, apiKey, covers }: Omit<PlayerOf, 'guild'> & Partial<PlayerOf>,
    on: PlayerRoute,
    request: { entry?: string; query?: string; body?: unknown; signal?: AbortSignal | undefined },
    answer: Schema,
  ): Promise<z.infer<Schema>> => {
    const { entry = '', query = '', body, signal } = request;
    const action = actionOf('audio', on);
    if (!covers(action)) throw callerFault('api.denied', 'This API key does not have the required scope.', 403);
    const nowMs = clock.now();
    const member = {
      kind: 'tenant-member',
      subject,
      ...(guild ? { guild } : {}),
      ...(apiKey ? { apiKey } : {}),
    } as const;
    const transaction = { txn: newTransactionId(nowMs), tenant, scope: [action], member };
    const txnToken = await issueTransactionToken(signer, transaction, { lifetimeSec, nowMs });
    const address = addressOf('audio', on, { tenant, guild: guild ?? '', entry });
    const waits = longer[action] === undefined ? {} : { timeoutMs: longer[action] };
    return caller.json(
      { ...address, path: `${address.path}${query}`, txnToken, signal, ...waits, ...(body ? { body } : {}) },
      answer,
    );
  };
  /** The voice channel that the caller is in, in this guild, right now. */
  const whereIs = async ({ tenant, guild, subject }: PlayerOf): Promise<Snowflake | null> => {
    const [kind, user = ''] = subject.split(':', 2);
    if (kind !== 'discord') return null;
    const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds/:guild/members/:user/voice', {
      tenant,
      guild,
      user,
    });
    const { voiceChannel } = await caller.json(address, memberVoiceSchema);
    return voiceChannel === null ? null : snowflake(voiceChannel);
  };
  return {
    read: (of) => call(of, `GET ${player}`, {}, playerSchema),
    async control(of, what) {
      return (await call(of, `POST ${player}/${what}`, {}, playerResponseSchema)).player;
    },
    async setVolume(of, percent) {
      return (await call(of, `PUT ${player}/volume`, { body: { percent } }, playerResponseSchema)).player;
    },
    async enqueue(of, { query, voiceChannel }, { signal } = {}) {
      const add = (channel: Snowflake | undefined) => {
        const body = { query, ...(channel === undefined ? {} : { voiceChannel: channel }) };
        return call(of, `POST ${player}/queue`, { body, signal }, enqueueResponseSchema);
      };
      try {
        return await add(voiceChannel);
      } catch (error) {
        if (voiceChannel !== undefined || !hasCode(error, playerErrorCodes.notInVoice)) throw error;
        const own = await whereIs(of);
        if (own === null) throw error;
        return add(own);
      }
    },
    async join(of, voiceChannel, { signal } = {}) {
      const request = { body: { voiceChannel }, signal };
      return (await call(of, `PUT ${player}/voice`, request, playerResponseSchema)).player;
    },
    async move(of, entryId, to) {
      return (await call(of, `POST ${player}/queue/move`, { body: { entryId, to } }, playerResponseSchema)).player;
    },
    async remove(of, entryId) {
      const request = { entry: entryId };
      return (await call(of, `DELETE ${player}/queue/:entry`, request, playerResponseSchema)).player;
    },
    slice: (of, from, limit) =>
      call(of, `GET ${player}/queue`, { query: `?from=${from}&limit=${limit}` }, queueSliceSchema),
    timelineAt: async (of, atMs) =>
      (await call(of, `GET ${timeline}`, { query: `?atMs=${atMs}` }, timelineMomentSchema)).moment,
    timelineEvents: async (of, { fromMs, toMs, after, limit }) => {
      const query = `?fromMs=${fromMs}&toMs=${toMs}&after=${after}&limit=${limit}`;
      return (await call(of, `GET ${timeline}/events`, { query }, timelineEventsSchema)).events;
    },
    tops: (of, { from, to, guild }) => {
      const query = new URLSearchParams({ from, to, ...(guild === undefined ? {} : { guild }) });
      return call(of, `GET ${tops}`, { query: `?${query.toString()}` }, topsSchema);
    },
    settings: (of) => call(of, `GET ${settings}`, {}, settingsResponseSchema),
    replaceSettings: (of, body) => call(of, `PUT ${settings}`, { body }, settingsResponseSchema),
    sound: async (of) => (await call(of, `GET ${player}/sound`, {}, soundSchema)).sound,
  };
}
