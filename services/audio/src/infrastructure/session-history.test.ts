import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '#infra/database/pool.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { createEnvelope, type Envelope } from '#security/keyring/envelope.ts';
import { rotateTenantKey } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { sealedDatabase, type SealedDatabase } from '#test/sealed-database.ts';
import { carriedOut, channels, entry, guild, members, someSteps, type Step } from '../../testing/session-steps.ts';
import type { GuildKey, SessionStore } from '../application/ports.ts';
import { evolve } from '../domain/evolve.ts';
import { momentOf } from '../domain/moment.ts';
import { toldOf } from '../domain/music-events.ts';
import { emptySession, type Change, type Session } from '../domain/session.ts';
import { enqueue } from '../domain/queueing.ts';
import { setVolume } from '../domain/controls.ts';
import { skip } from '../domain/playing.ts';
import { SessionHistory } from './session-history.ts';
import { createSessionStore } from './session-store.ts';

let server: SealedDatabase;
let database: Database;
let admin: pg.Pool;
let custodian: Custodian;
let envelope: Envelope;
let history: SessionHistory;
let store: SessionStore;
let tenant: TenantId;
let guildKey: GuildKey;

const beginMs = Date.now();

beforeAll(async () => {
  server = await sealedDatabase('audio', 4);
  ({ database, admin, custodian } = server);
});
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(() => {
  envelope = createEnvelope({ custodian });
  restart();
  tenant = newTenantId();
  guildKey = { tenant, guild };
});

/** Another process, which knows nothing of what was stored. */
function restart(): void {
  history = new SessionHistory(database, envelope);
  store = createSessionStore(database, database, envelope, history, silentLogger());
}

/** As a unit of work does. */
async function apply(before: Session, change: Change, atMs: number): Promise<Session> {
  const session = { ...change.session, version: before.version + 1 };
  expect(await store.write(guildKey, session, { events: change.events, atMs })).toBe(true);
  return session;
}

const volumes = async (count: number, from: Session, atMs = beginMs) => {
  let session = from;
  for (let index = 0; index < count; index += 1)
    session = await apply(session, setVolume(session, session.volume === 1 ? 2 : 1), atMs + index);
  return session;
};
const rows = async () =>
  (
    await admin.query<{ version: number; row: string; snapshot: boolean }>(
      `select version, e::text as row, snapshot is not null as snapshot from event e where tenant_id = $1 order by version`,
      [tenant],
    )
  ).rows;
const everything = { fromMs: 0, toMs: 253_402_300_799_999, after: 0, limit: 1_000 };
const added = (session: Session, ids: readonly number[], by?: number) =>
  enqueue(
    session,
    ids.map((id) => entry(id, by)),
    channels,
    beginMs,
  );

test('the stored session is the fold of all events, and every moment is as it was then, whatever was done and however often the process was restarted', async () => {
  await fc.assert(
    fc.asyncProperty(someSteps, fc.nat(9), async (commands: Step[], restartsAt) => {
      tenant = newTenantId();
      guildKey = { tenant, guild };
      let session = emptySession(guild);
      let folded = session;
      const moments: { atMs: number; session: Session }[] = [];
      for (const [index, step] of commands.entries()) {
        if (index % 10 === restartsAt) restart();
        const atMs = beginMs + index * 1_000;
        const change = carriedOut(session, step, atMs);
        if (change.events.length === 0) continue;
        folded = change.events.reduce(evolve, folded);
        const isTold = change.events.some((event) => toldOf(event) !== undefined);
        session = await apply(session, change, atMs);
        if (isTold) moments.push({ atMs, session });
        expect({ ...(await store.read(guildKey)), version: 0 }).toEqual(folded);
      }
      for (const [index, { atMs, session: then }] of moments.entries()) {
        const found = await history.momentAt(guildKey, atMs + 500);
        expect(found).toEqual({ moment: momentOf(then), sinceMs: atMs });
        if (index === 0) expect(await history.momentAt(guildKey, atMs - 1)).toBeUndefined();
      }
    }),
    { numRuns: 60 },
  );
});

describe('a state is stored', () => {
  test('with the first event that a process appends, and then with every two-hundredth', async () => {
    const session = await volumes(450, emptySession(guild));
    expect((await rows()).filter(({ snapshot }) => snapshot).map(({ version }) => version)).toEqual([1, 202, 403]);
    restart();
    await volumes(2, session, beginMs + 1_000);
    expect((await rows()).filter(({ snapshot }) => snapshot).map(({ version }) => version)).toEqual([1, 202, 403, 451]);
    expect(await history.momentAt(guildKey, beginMs + 350)).toMatchObject({ moment: { volume: 1 } });
    expect(await history.momentAt(guildKey, beginMs + 351)).toMatchObject({ moment: { volume: 2 } });
  });

  test('again in another week, so that a dropped partition takes no later moment with it', async () => {
    const session = await volumes(2, emptySession(guild));
    await volumes(2, session, beginMs + 7 * 24 * 60 * 60_000);
    expect((await rows()).map(({ snapshot }) => snapshot)).toEqual([true, false, true, false]);
  });

  test('again if the one before was not committed', async () => {
    const first = added(emptySession(guild), [1]);
    const stale = { events: first.events, atMs: beginMs };
    expect(await store.write(guildKey, { ...first.session, version: 2 }, stale)).toBe(false);
    expect(await rows()).toEqual([]);
    await apply(emptySession(guild), first, beginMs);
    expect((await rows())[0]).toMatchObject({ version: 1 });
    expect((await rows()).some(({ snapshot }) => snapshot)).toBe(true);
  });

  test('of a session that an earlier release has stored, so that it is known from then on', async () => {
    const old = { ...added(emptySession(guild), [1, 2, 3]).session, version: 1 };
    await store.write(guildKey, old);
    const session = await apply(old, skip(old, beginMs), beginMs);
    expect(await history.momentAt(guildKey, beginMs)).toMatchObject({ moment: momentOf(session) });
  });
});

test('nothing of a change that another writer was faster with is told', async () => {
  const session = await apply(emptySession(guild), added(emptySession(guild), [1, 2]), beginMs);
  await apply(session, skip(session, beginMs), beginMs);
  const before = await rows();
  const late = skip(session, beginMs + 1);
  const happened = { events: late.events, atMs: beginMs };
  expect(await store.write(guildKey, { ...late.session, version: session.version + 1 }, happened)).toBe(false);
  expect(await rows()).toEqual(before);
});

test('what happened in a time is read in parts', async () => {
  const session = await apply(emptySession(guild), added(emptySession(guild), [1, 2]), beginMs);
  await apply(session, skip(session, beginMs + 1_000), beginMs + 1_000);
  const types = async (range: Partial<typeof everything>) =>
    (await history.events(guildKey, { ...everything, ...range })).map(({ event }) => event.type);
  expect(await types({})).toEqual(['TracksAdded', 'TrackOrdered', 'ChannelChanged', 'TrackEnded', 'TrackOrdered']);
  expect(await types({ limit: 2 })).toEqual(['TracksAdded', 'TrackOrdered']);
  expect(await types({ after: 2, limit: 2 })).toEqual(['ChannelChanged', 'TrackEnded']);
  expect(await types({ fromMs: beginMs + 1 })).toEqual(['TrackEnded', 'TrackOrdered']);
  expect(await types({ toMs: beginMs + 999 })).toEqual(['TracksAdded', 'TrackOrdered', 'ChannelChanged']);
});

describe('who has asked for what', () => {
  test('cannot be read in the database', async () => {
    await apply(emptySession(guild), added(emptySession(guild), [1]), beginMs);
    const text = JSON.stringify(await rows());
    for (const word of ['Track 1', 'Quays', members[0] ?? '']) expect(text).not.toContain(word);
    expect(text).toContain('TracksAdded');
  });

  test('is erased of one member, and stays of the others, in every event and moment', async () => {
    const [erased, other] = [members[0]!, members[1]!];
    let session = await apply(emptySession(guild), added(emptySession(guild), [1, 2], 0), beginMs);
    session = await apply(session, added(session, [3], 1), beginMs + 1);
    session = await volumes(210, session, beginMs + 2);
    await store.eraseFromTimelines(tenant, erased);
    const told = JSON.stringify(await history.events(guildKey, everything));
    expect(told).not.toContain(erased);
    expect(told).toContain(other);
    for (const atMs of [beginMs, beginMs + 1, beginMs + 211]) {
      const text = JSON.stringify(await history.momentAt(guildKey, atMs));
      expect(text).toContain('Track 1');
      expect(text).not.toContain(erased);
      if (atMs > beginMs) expect(text).toContain(other);
    }
    const before = await rows();
    await store.eraseFromTimelines(tenant, erased);
    expect(await rows()).toEqual(before);
  });

  test('is sealed anew by a rotation, and the copy from before opens no more', async () => {
    const session = await apply(emptySession(guild), added(emptySession(guild), [1, 2]), beginMs);
    const { rows: copy } = await admin.query('select version, sealed, snapshot from event where tenant_id = $1', [
      tenant,
    ]);
    const done = () => Promise.resolve();
    const ports = { custodian, database, envelope, columns: sealedColumnsOf('audio'), done };
    // Two events and a snapshot, and the session.
    expect(await rotateTenantKey(ports, tenant, 2)).toEqual({ version: 2, resealed: 4, complete: true });
    expect(await custodian.versions(tenantKeyName(tenant))).toMatchObject([{ version: 2 }]);
    expect(await history.momentAt(guildKey, beginMs)).toMatchObject({ moment: momentOf(session) });
    expect(await history.events(guildKey, everything)).toHaveLength(3);
    for (const { version, sealed, snapshot } of copy)
      await admin.query('update event set sealed = $3, snapshot = $4 where tenant_id = $1 and version = $2', [
        tenant,
        version,
        sealed,
        snapshot,
      ]);
    await expect(history.momentAt(guildKey, beginMs)).rejects.toMatchObject({ code: 'keyring.retired-version' });
  });

  test("goes with the tenant's sessions, and no other tenant's does", async () => {
    await apply(emptySession(guild), added(emptySession(guild), [1]), beginMs);
    const [gone, other] = [tenant, newTenantId()];
    guildKey = { tenant: other, guild };
    await apply(emptySession(guild), added(emptySession(guild), [1]), beginMs);
    await store.deleteTenant(gone);
    expect(await history.momentAt({ tenant: gone, guild }, beginMs)).toBeUndefined();
    expect(await history.momentAt({ tenant: other, guild }, beginMs)).toBeDefined();
    for (const table of ['event', 'event_stream'])
      expect((await admin.query(`select 1 from ${table} where tenant_id = $1`, [gone])).rowCount).toBe(0);
  });
});
