import { describe, expect, test } from 'vitest';
import { channels, entry, guild, lounge } from '../../testing/session-steps.ts';
import { comeBack, keptForMs, leave, stillKept } from './leave.ts';
import { enqueue } from './queueing.ts';
import { emptySession, type Session } from './session.ts';
import { trackStarted } from './track-reports.ts';

const playing = (tracks = 3): Session => {
  const entries = Array.from({ length: tracks }, (_, index) => entry(index));
  const { session } = enqueue(emptySession(guild), entries, channels, 0);
  return trackStarted({ ...session, loop: 'queue' }, session.attempt, 0, 0).session;
};
const ids = ({ current, queue }: Session) => [current?.entryId, ...queue.map(({ entryId }) => entryId)];

describe('leave', () => {
  test('keeps the track that plays in front of the queue, and ends the connection', () => {
    const { session, effects, affected } = leave(playing(), 4_000);
    expect(effects).toEqual(['leave']);
    expect(ids(session)).toEqual([undefined, 'ent_0', 'ent_1', 'ent_2']);
    expect(affected).toHaveLength(3);
    expect(session).toMatchObject({ voiceChannel: null, node: null, loop: 'queue', paused: false });
  });

  test('is refused to a bot that is in no channel', () => {
    expect(() => leave(leave(playing(), 0).session, 0)).toThrow(
      expect.objectContaining({ code: 'player.not-in-voice' }),
    );
  });

  test('whoever brings the bot back hears the track from where it was', () => {
    const back = comeBack(leave(playing(), 4_000).session, lounge, 60_000);
    expect(back.effects).toEqual(['play']);
    expect(ids(back.session)).toEqual(['ent_0', 'ent_1', 'ent_2']);
    expect(back.session).toMatchObject({ voiceChannel: lounge, positionMs: 4_000, left: null });
    // The next one starts from its beginning.
    const { session } = leave(playing(), 4_000);
    const other = { ...session, queue: session.queue.slice(1) };
    expect(comeBack(other, lounge, 60_000).session).toMatchObject({ current: { entryId: 'ent_1' }, positionMs: 0 });
  });

  test('so does whoever adds to the queue', () => {
    const { session } = leave(playing(), 4_000);
    const change = enqueue(session, [entry(9)], channels, 60_000);
    expect(ids(change.session)).toEqual(['ent_0', 'ent_1', 'ent_2', 'ent_9']);
    expect(change.session.positionMs).toBe(4_000);
  });

  test('after an hour the queue is gone, unless somebody brought the bot back', () => {
    const { session } = leave(playing(), 4_000);
    expect(stillKept(session, 4_000 + keptForMs - 1).session).toBe(session);
    const late = stillKept(session, 4_000 + keptForMs).session;
    expect(late).toMatchObject({ queue: [], history: [], loop: 'off', left: null });
    const back = { ...session, voiceChannel: lounge };
    expect(stillKept(back, 4_000 + keptForMs).session).toBe(back);
  });
});
