import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, snowflake } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { testEntry } from '../../testing/test-entry.ts';
import { emptySession, type Session } from '../domain/session.ts';
import type { Kept, TrackList } from '../domain/track-list.ts';
import { HistoryRecorder } from './history-recorder.ts';
import type { TrackListStore } from './track-lists.ts';

const guildKey = { tenant: newTenantId(), guild: snowflake('100000000000000001') };

const playing = (title: string, playback: Session['playback'] = 'playing'): Session => {
  const current = testEntry({ entryId: title, encoded: title, title });
  return { ...emptySession(guildKey.guild), current, playback };
};

/** One list, kept in memory; each change takes a moment, and fails while `isAway`. */
class SlowStore implements Pick<TrackListStore, 'change'> {
  list: TrackList | undefined;
  isAway = false;

  async change(_key: unknown, edit: (before: TrackList | undefined) => TrackList): Promise<TrackList> {
    await delay(20);
    if (this.isAway) throw new Error('away');
    return (this.list = edit(this.list));
  }
  titles = () => this.list?.tracks.map(({ title }) => title) ?? [];
}

function recording() {
  const lists = new SlowStore();
  const counted: string[] = [];
  const count = async (_guildKey: unknown, played: readonly Kept[]) => {
    counted.push(...played.map(({ title }) => title));
  };
  const recorder = new HistoryRecorder({ lists, count, clock: new FakeClock(1_000), logger: silentLogger() });
  return { lists, counted, recorder };
}

test('a track that starts while another is being stored is stored too', async () => {
  const { lists, recorder } = recording();
  const first = recorder.changed(guildKey, playing('first'));
  await recorder.changed(guildKey, playing('second'));
  await first;
  expect(lists.titles()).toEqual(['second', 'first']);
});

test('what has not begun to play is not noted, and what plays is noted once', async () => {
  const { lists, recorder } = recording();
  await recorder.changed(guildKey, playing('first', 'requested'));
  expect(lists.titles()).toEqual([]);
  await recorder.changed(guildKey, playing('first'));
  await recorder.changed(guildKey, playing('first'));
  expect(lists.titles()).toEqual(['first']);
});

test('what could not be stored is stored with the next track', async () => {
  const { lists, recorder } = recording();
  lists.isAway = true;
  await recorder.changed(guildKey, playing('first'));
  lists.isAway = false;
  await recorder.changed(guildKey, playing('second'));
  expect(lists.titles()).toEqual(['second', 'first']);
});

test('what has played is counted once, also by a recorder that was started again', async () => {
  const { lists, counted, recorder } = recording();
  await recorder.changed(guildKey, playing('first'));
  await recorder.changed(guildKey, playing('second'));
  expect(counted).toEqual(['first', 'second']);
  const again = recording();
  again.lists.list = lists.list;
  await again.recorder.changed(guildKey, playing('second'));
  await again.recorder.changed(guildKey, playing('third'));
  expect(again.counted).toEqual(['third']);
});
