import type { SessionInfo } from '@discordjs/ws';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { SessionSaver } from './session-saver.ts';
import type { SavedSession, SessionStore } from './session-store.ts';

const info = (sequence: number, sessionId = 's'): SessionInfo => ({
  sequence,
  sessionId,
  resumeURL: 'wss://gateway',
  shardId: 0,
  shardCount: 1,
});

let clock: FakeClock;
let saved: SavedSession[];
let forgotten: number;
let failures: number;
let state: { version: number; value: string };
let bytes: number;
let saver: SessionSaver;

beforeEach(() => {
  clock = new FakeClock();
  saved = [];
  forgotten = 0;
  failures = 0;
  bytes = 100;
  state = { version: 1, value: 'one' };
  const store: SessionStore = {
    load: () => Promise.resolve(undefined),
    save: (_tenant, session) => {
      if (failures > 0) {
        failures -= 1;
        return Promise.reject(new Error('the database is away'));
      }
      saved.push(session);
      return Promise.resolve(session.document === undefined ? 0 : bytes);
    },
    forget: () => {
      forgotten += 1;
      return Promise.resolve();
    },
  };
  saver = new SessionSaver({
    lease: { tenant: newTenantId(), part: 'discord-edge', token: 1 },
    store,
    clock,
    logger: silentLogger(),
    document: () => ({ version: state.version, value: () => state.value }),
  });
});

const settle = () =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
const advance = async (ms: number) => {
  clock.advance(ms);
  await settle();
};

describe('SessionSaver', () => {
  it('writes at once when asked to, and at most every second otherwise', async () => {
    saver.note(info(1), true);
    await settle();
    expect(saved).toMatchObject([{ info: { sequence: 1 }, document: 'one' }]);
    for (let sequence = 2; sequence <= 9; sequence += 1) saver.note(info(sequence));
    await advance(999);
    expect(saved).toHaveLength(1);
    await advance(1);
    expect(saved).toHaveLength(2);
    expect(saved[1]?.info.sequence).toBe(9);
  });

  it('writes what changes without a dispatch, such as an answer, within a second', async () => {
    saver.note(info(1), true);
    await settle();
    state = { version: 2, value: 'answered' };
    saver.noteChange();
    await advance(1_000);
    expect(saved[1]).toMatchObject({ info: { sequence: 1 }, document: 'answered' });
    saver.abandon();
    saver.noteChange();
    await advance(1_000);
    expect(saved).toHaveLength(2);
  });

  it('leaves the document alone when it has not changed, and writes nothing when nothing has', async () => {
    saver.note(info(1), true);
    await settle();
    saver.note(info(2));
    await advance(1_000);
    expect(saved[1]).toMatchObject({ info: { sequence: 2 }, document: undefined });
    await saver.flush();
    expect(saved).toHaveLength(2);
    state = { version: 2, value: 'two' };
    saver.note(info(2));
    await advance(1_000);
    expect(saved[2]).toMatchObject({ document: 'two' });
  });

  it('writes the document again with another session', async () => {
    saver.note(info(1), true);
    await settle();
    saver.note(info(1, 'another'), true);
    await settle();
    expect(saved[1]).toMatchObject({ info: { sessionId: 'another' }, document: 'one' });
  });

  it('writes a large document less often', async () => {
    bytes = 1024 * 1024;
    saver.note(info(1), true);
    await settle();
    state = { version: 2, value: 'two' };
    saver.note(info(2));
    await advance(3_999);
    expect(saved).toHaveLength(1);
    await advance(1);
    expect(saved).toHaveLength(2);
  });

  it('tries again after a failure', async () => {
    failures = 1;
    saver.note(info(1), true);
    await settle();
    expect(saved).toEqual([]);
    await advance(5_000);
    expect(saved).toMatchObject([{ info: { sequence: 1 }, document: 'one' }]);
  });

  it('does not bring back what is forgotten', async () => {
    saver.note(info(1));
    await saver.forget();
    await advance(60_000);
    expect(forgotten).toBe(1);
    expect(saved).toEqual([]);
  });
});
