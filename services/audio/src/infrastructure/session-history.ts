import { commitBehind, type Database, type Transaction } from '#infra/database/pool.ts';
import {
  append,
  deleteSomeEvents,
  lastSnapshot,
  readStream,
  type RecordedEvent,
} from '#infra/event-store/event-store.ts';
import { EventCodec, type EventTypes, type StreamKey } from '#infra/event-store/event-types.ts';
import { rewriteStreams } from '#infra/event-store/rewrite.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import { playerErrorCodes } from '#services/contracts/player.ts';
import {
  momentSchema,
  sessionEventSchemas,
  type SessionEvent,
  type SessionEventType,
} from '#services/contracts/timeline.ts';
import type { GuildKey, Happened, SessionTimeline } from '../application/ports.ts';
import { evolveSeen, momentOf } from '../domain/moment.ts';
import { toldOf } from '../domain/music-events.ts';
import { withoutRequester } from '../domain/without-member.ts';
import { unlessAway } from './keys-away.ts';

/** What tells of people: who has asked for what. */
const personal: Partial<Record<SessionEventType, readonly string[]>> = {
  TracksAdded: ['tracks'],
  TracksReturned: ['tracks'],
  TrackOrdered: ['track'],
  TrackEnded: ['track'],
  ReasonChanged: ['reason'],
};
type Types = {
  readonly [Type in SessionEventType]: { readonly schema: (typeof sessionEventSchemas)[Type] };
} & EventTypes;
const types = Object.fromEntries(
  Object.entries(sessionEventSchemas).map(([type, schema]) => [
    type,
    { schema, personal: personal[type as SessionEventType] ?? [] },
  ]),
) as unknown as Types;

const prefix = 'music-session/';
const streamOf = ({ tenant, guild }: GuildKey): StreamKey => ({ tenant, stream: `${prefix}${guild}` });

/** A state is stored with the events at least once in so many: nobody has to read more to know a moment. */
const snapshotEvery = 200;
/** And in each week in which something happens, because what is older than the log is kept goes by weeks. */
const weekMs = 7 * 24 * 60 * 60_000;
/** Servers of which this process knows when it last did; of others it stores one at once. */
const knownGuilds = 10_000;
const readAtOnce = 500;

/**
 * The events of music sessions in the event store, sealed with the tenant's key. They are appended in the transaction that
 * stores the session, whose version keeps two writers apart.
 */
export class SessionHistory implements SessionTimeline {
  readonly #database: Pick<Database, 'inTenant'>;
  readonly #codec: EventCodec<Types>;
  readonly #envelope: Envelope;
  readonly #sinceSnapshot = new BoundedMap<string, { readonly events: number; readonly week: number }>(knownGuilds);

  constructor(database: Pick<Database, 'inTenant'>, envelope: Envelope) {
    this.#database = database;
    this.#envelope = envelope;
    this.#codec = new EventCodec(types, { keeper: 'audio', envelope });
  }

  /** After `whileSealing`. The transaction ends with it. If it is not committed, `forget` has to be called. */
  async append(transaction: Transaction, guildKey: GuildKey, { events: all, atMs, session }: Happened): Promise<void> {
    const events = all.flatMap((event) => toldOf(event) ?? []);
    if (events.length === 0) return commitBehind(transaction);
    const key = keyOf(guildKey);
    const last = this.#sinceSnapshot.get(key, 0);
    const week = Math.floor(atMs / weekMs);
    const count = (last?.events ?? snapshotEvery) + events.length;
    const isDue = count > snapshotEvery || last?.week !== week;
    this.#sinceSnapshot.set(key, { events: isDue ? 0 : count, week });
    await append(transaction, this.#codec, streamOf(guildKey), {
      events,
      expected: 'any',
      atMs,
      commits: true,
      ...(isDue ? { snapshot: momentOf(session) } : {}),
    });
  }

  /** It is not known here when a moment of this server was last stored. */
  forget(guildKey: GuildKey): void {
    this.#sinceSnapshot.delete(keyOf(guildKey));
  }

  momentAt(guildKey: GuildKey, atMs: number) {
    return this.#whileKeysAreThere(() =>
      this.#database.inTenant(guildKey.tenant, async (transaction) => {
        const stream = streamOf(guildKey);
        const base = await lastSnapshot(transaction, stream, atMs);
        if (!base?.snapshot) return undefined;
        let moment = momentSchema.parse(await this.#codec.openSnapshot(stream, base.id, base.snapshot));
        let last = base;
        for (;;) {
          const range = { after: last.version, upToMs: atMs, limit: readAtOnce };
          const next = await readStream(transaction, stream, range);
          for (const event of next) moment = evolveSeen(moment, await this.#decode(stream, event));
          last = next.at(-1) ?? last;
          if (next.length < readAtOnce) return { moment, sinceMs: last.atMs };
        }
      }),
    );
  }

  events(guildKey: GuildKey, { fromMs, toMs, after, limit }: Parameters<SessionTimeline['events']>[1]) {
    return this.#whileKeysAreThere(() =>
      this.#database.inTenant(guildKey.tenant, async (transaction) => {
        const stream = streamOf(guildKey);
        const range = { fromMs, upToMs: toMs, after, limit };
        const found = await readStream(transaction, stream, range);
        return Promise.all(
          found.map(async (event) => ({
            version: event.version,
            atMs: event.atMs,
            event: await this.#decode(stream, event),
          })),
        );
      }),
    );
  }

  /** In all of a tenant's sessions, what this member has asked for was asked for by nobody. Can be repeated. */
  async eraseMember(writes: Pick<Database, 'inTenant'>, tenant: TenantId, user: Snowflake): Promise<void> {
    await this.#envelope.prepare(tenant);
    const within = <Result>(work: (transaction: Transaction) => Promise<Result>) =>
      writes.inTenant(tenant, async (transaction) => {
        await whileSealing(transaction, tenant);
        return work(transaction);
      });
    await rewriteStreams({ tenant, prefix, sealing: { keeper: 'audio', envelope: this.#envelope }, within }, (value) =>
      withoutRequester(value, user),
    );
  }

  /** Can be interrupted and repeated. */
  static async deleteTenant(writes: Pick<Database, 'inTenant'>, tenant: TenantId): Promise<void> {
    while (await writes.inTenant(tenant, (transaction) => deleteSomeEvents(transaction, tenant, prefix)));
  }

  async #decode(stream: StreamKey, event: RecordedEvent): Promise<SessionEvent> {
    return (await this.#codec.decode(stream, event.id, event)) as SessionEvent;
  }

  readonly #whileKeysAreThere = <Result>(read: () => Promise<Result>): Promise<Result> =>
    unlessAway(
      playerErrorCodes.keysAway,
      'What has played cannot be read right now. Try again in a few minutes; what is playing continues.',
    )(() => acrossRotation(read));
}

const keyOf = ({ tenant, guild }: GuildKey): string => `${tenant}/${guild}`;
