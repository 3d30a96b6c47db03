import { describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { wantsMore } from './autoplay.ts';
import type { Entry } from './entry.ts';
import { countLater, mostPages, needsPage, pageOfPlayed, pagesOf, putIntoPages, withNextPage } from './later.ts';
import { leave } from './leave.ts';
import { withinQuota } from './obligations.ts';
import { skip } from './playing.ts';
import { clear, removeSelected, shuffle, skipTo, unshuffle } from './queue-order.ts';
import { enqueue } from './queueing.ts';
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
const numbers = ({ queue }: Pick<Session, 'queue'>) => queue.map(({ entryId }) => Number(entryId.split('_')[1]));
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

describe('a loop of the queue goes over the pages, too', () => {
  const looped = (over: Partial<Session> = {}) => session({ loop: 'queue', ...over });
  const channels = { voice: null, text: null };

  test('what has played waits behind them, and does not keep the next page away', () => {
    const played = skip(looped({ queue: entries(100) }), 5).session;
    expect(numbers(played).slice(-2)).toEqual([100, 0]);
    expect(needsPage(played)).toBe(true);
    const filled = withNextPage(played, entries(3, 1_000), inOrder, 6).session;
    expect(numbers(filled).slice(-5)).toEqual([100, 1_000, 1_001, 1_002, 0]);
    const asked = enqueue(filled, [entryOf(7_000)], channels, 7).session;
    expect(numbers(asked).slice(-2)).toEqual([7_000, 0]);
    const inTurn = enqueue(filled, [entryOf(7_000, ben)], channels, 7, 'in-turn').session;
    expect(numbers(inTurn)[0]).toBe(7_000);
    expect(numbers(inTurn).at(-1)).toBe(0);
  });

  test('what was passed over, too; without pages or a loop all is as before', () => {
    const passed = skipTo(looped(), 3, 5).session;
    expect(numbers(passed).slice(-3)).toEqual([0, 1, 2]);
    expect(numbers(withNextPage(passed, [entryOf(1_000)], inOrder, 6).session).slice(-4)).toEqual([1_000, 0, 1, 2]);
    const alone = enqueue(skip(looped({ later: [] }), 5).session, [entryOf(7_000)], channels, 6).session;
    expect(numbers(alone).slice(-2)).toEqual([0, 7_000]);
    expect(numbers(skip(session(), 5).session)).toEqual(entries(49, 2).map((_, index) => index + 2));
  });

  test('fills pages of one member again, without what /previous can go back to', () => {
    const again = (length: number, from: number, by = ada) =>
      Array.from({ length }, (_, index) => ({ ...entryOf(from + index, by), again: true }));
    const waiting = looped({ queue: [...entries(120), ...again(520, 1_000), ...again(80, 2_000, ben)] });
    const played = pageOfPlayed(waiting);
    expect([played.length, played[0]?.entryId, played.at(-1)?.entryId]).toEqual([500, 'ent_1000', 'ent_1499']);
    const { session: put } = putIntoPages(waiting, played, [page(4)]);
    expect(ids(put)).toEqual(['page_1', 'page_2', 'page_3', 'page_4']);
    expect(numbers(put).slice(119, 122)).toEqual([120, 1_500, 1_501]);
    expect(pageOfPlayed(put)).toEqual([]);
    expect(pageOfPlayed({ ...waiting, queue: [...entries(120), ...again(549, 1_000)] })).toEqual([]);
    expect(pageOfPlayed({ ...waiting, later: [] })).toEqual([]);
    expect(pageOfPlayed({ ...waiting, later: Array.from({ length: mostPages }, (_, at) => page(at)) })).toEqual([]);
  });

  test('does not remember of what plays again that it has played', () => {
    const [entry] = [{ ...entryOf(1), again: true }];
    const after = skip(looped({ current: entry, later: [], queue: entries(3, 5) }), 5).session;
    expect([after.queue.at(-1), after.history[0]]).toEqual([entryOf(1), entryOf(1)]);
  });
});
