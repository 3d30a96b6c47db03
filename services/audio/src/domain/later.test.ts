import { describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { wantsMore } from './autoplay.ts';
import type { Entry } from './entry.ts';
import { countLater, mostPages, needsPage, pagesOf, withNextPage } from './later.ts';
import { leave } from './leave.ts';
import { withinQuota } from './obligations.ts';
import { clear, removeSelected, shuffle, unshuffle } from './queue-order.ts';
import { emptySession, type Session } from './session.ts';

const [ada, ben] = [snowflake('500000000000000001'), snowflake('500000000000000002')];
const entryOf = (id: number, requestedBy = ada): Entry => ({
  entryId: `ent_${id}`,
  encoded: 'QAAA',
  title: `Song ${id}`,
  author: 'Somebody',
  uri: null,
  artworkUrl: null,
  lengthMs: 100_000,
  isStream: false,
  source: 'youtube',
  requestedBy,
  failures: 0,
});
const entries = (length: number, from = 1) => Array.from({ length }, (_, index) => entryOf(from + index));
const page = (number: number, requestedBy = ada) => ({ id: `page_${number}`, number, count: 500, requestedBy });
const session = (over: Partial<Session> = {}): Session => ({
  ...emptySession(snowflake('1')),
  voiceChannel: snowflake('2'),
  current: entryOf(0),
  queue: entries(50),
  later: [page(1), page(2, ben), page(3)],
  ...over,
});
const inOrder = { inTurn: false, random: () => 0 };
const ids = ({ later }: Pick<Session, 'later'>) => later.map(({ id }) => id);

describe('pages of a long playlist', () => {
  test('have at most 500 tracks, are numbered on, and are at most forty', () => {
    let id = 0;
    const made = pagesOf(session(), entries(1_100), () => `page_new${(id += 1)}`);
    expect(made.map(({ page: each, entries: some }) => [each.number, each.count, some.length])).toEqual([
      [4, 500, 500],
      [5, 500, 500],
      [6, 100, 100],
    ]);
    const full = session({ later: Array.from({ length: mostPages - 1 }, (_, index) => page(index)) });
    expect(pagesOf(full, entries(1_100), () => 'page_x')).toHaveLength(1);
    expect(pagesOf(session(), [], () => 'page_x')).toEqual([]);
  });

  test('come when the queue is short, for whom they were asked, and one after the other', () => {
    expect(needsPage(session({ queue: entries(100) }))).toBe(false);
    expect(needsPage(session({ queue: entries(99) }))).toBe(true);
    expect(needsPage(session({ queue: [], later: [] }))).toBe(false);
    const first = withNextPage(session(), entries(500, 1_000), inOrder, 5);
    expect(first).toMatchObject({ effects: [], cause: 'queue' });
    expect(first.session.queue.map(({ entryId }) => entryId).slice(49, 52)).toEqual(['ent_50', 'ent_1000', 'ent_1001']);
    const second = withNextPage(first.session, [{ ...entryOf(2_000), requestedBy: null }], inOrder, 6);
    expect(second.session.queue.at(-1)).toMatchObject({ entryId: 'ent_2000', requestedBy: ben });
    expect(ids(second.session)).toEqual(['page_3']);
  });

  test('take turns where members do', () => {
    const waiting = session({ later: [page(2, ben)] });
    const { queue } = withNextPage(waiting, entries(2, 1_000), { ...inOrder, inTurn: true }, 5).session;
    expect(queue.slice(0, 3).map(({ requestedBy }) => requestedBy)).toEqual([ben, ada, ben]);
  });

  test('play at once if the music has ended for want of them, and not after it was stopped by failures', () => {
    const ended = session({ current: null, queue: [] });
    expect(withNextPage(ended, entries(3), inOrder, 5)).toMatchObject({
      effects: ['play'],
      session: { current: { entryId: 'ent_1' }, queue: [{}, {}] },
    });
    const gaveUp = session({ current: null, queue: [], reason: { text: 'x', entryId: null } });
    for (const silent of [gaveUp, session({ current: null, queue: [], voiceChannel: null })])
      expect(withNextPage(silent, entries(3), inOrder, 5)).toMatchObject({ effects: [], session: { current: null } });
    const over = { ...ended, history: [entryOf(9)], autoplay: {} };
    expect(wantsMore(over)).toBe(false);
    expect(wantsMore({ ...over, later: [] })).toBe(true);
  });

  test('are shuffled with the queue, and put back', () => {
    const mixed = shuffle(session(), () => 0).session;
    expect(ids(mixed)).toEqual(['page_2', 'page_3', 'page_1']);
    const [first, second] = withNextPage(mixed, entries(3, 1_000), inOrder, 5).session.queue.slice(50);
    expect([first?.entryId, second?.entryId]).toEqual(['ent_1001', 'ent_1002']);
    expect(ids(unshuffle(mixed).session)).toEqual(['page_1', 'page_2', 'page_3']);
  });

  test('are cleared, removed with their member, counted for them, and kept while the bot is away', () => {
    expect(countLater(session())).toBe(1_500);
    expect(countLater(session(), ben)).toBe(500);
    expect(clear(session()).session.later).toEqual([]);
    expect(ids(removeSelected(session(), { member: ben }, undefined).session)).toEqual(['page_1', 'page_3']);
    expect(() => removeSelected(session(), { member: ben }, ada)).toThrow('only remove tracks that you added');
    const absent = { which: 'absent', isAbsent: (member: string) => member === ada } as const;
    expect(ids(removeSelected(session(), absent, undefined).session)).toEqual(['page_2']);
    expect(ids(removeSelected(session(), { position: 1 }, undefined).session)).toHaveLength(3);
    expect(withinQuota(session(), entries(5), ben, { maxQueuedPerMember: 502 }).entries).toHaveLength(2);
    expect(leave(session(), 5).session.later).toHaveLength(3);
  });
});
