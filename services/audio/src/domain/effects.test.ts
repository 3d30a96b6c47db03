import { describe, expect, test } from 'vitest';
import { carriedOut, guild, type Step } from '../../testing/session-steps.ts';
import { emptySession, type Effect } from './session.ts';

const after = (steps: readonly Step['what'][]) =>
  steps.reduce((session, what, index) => {
    const step = { what, one: 0, other: 0 };
    return carriedOut(session, step, (index + 1) * 1_000).session;
  }, emptySession(guild));

describe('what has to be done when', () => {
  test.each<[string, readonly Step['what'][], Step['what'], readonly Effect[]]>([
    ['the first track is ordered', [], 'add', ['play']],
    ['a track is added while one plays', ['add', 'start'], 'add', []],
    ['the node confirms it', ['add'], 'start', []],
    ['the last track is skipped', ['add', 'start'], 'skip', ['silence']],
    ['the last track has ended', ['add', 'start'], 'finish', ['silence']],
    ['the node has stopped by itself', ['add', 'start'], 'stopAtNode', []],
    ['a paused track is ordered again', ['add', 'start', 'pause'], 'replay', ['play']],
    ['it is paused', ['add', 'start'], 'pause', ['pause']],
    ['it goes on', ['add', 'start', 'pause'], 'resume', ['pause']],
    ['the volume changes', ['add', 'start'], 'volume', ['volume']],
    ['the sound changes', ['add', 'start'], 'filters', ['filters']],
    ['the music waits', ['add', 'start'], 'interrupt', []],
    ['everything is stopped', ['add', 'start', 'filters'], 'stop', ['leave']],
    ['the bot is sent away', ['add', 'start', 'filters'], 'leave', ['leave']],
    ['it comes back', ['add', 'start', 'leave'], 'comeBack', ['play']],
  ])('%s', (_name, steps, what, effects) => {
    const change = carriedOut(after(steps), { what, one: 0, other: 0 }, 60_000);
    expect(change.events).not.toEqual([]);
    expect(change.effects).toEqual(effects);
  });
});
