import { describe, expect, test } from 'vitest';
import { because } from '#services/contracts/why.ts';
import { channels, entry, guild } from '../../testing/session-steps.ts';
import { firstFresh, foundNothing, relatedTo, setAutoplay, wantsMore } from './autoplay.ts';
import { stop } from './controls.ts';
import { skip } from './playing.ts';
import { enqueue } from './queueing.ts';
import { emptySession, type Session } from './session.ts';

/** One track has played, and nothing follows. */
const over = (): Session => {
  const { session } = enqueue(setAutoplay(emptySession(guild), true).session, [entry(1)], channels, 0);
  return skip(session, 10).session;
};

describe('autoplay', () => {
  test('wants more when the queue is over', () => {
    expect(wantsMore(over())).toBe(true);
  });

  test.each<[string, (session: Session) => Session]>([
    ['it is off', (session) => setAutoplay(session, false).session],
    ['something plays', (session) => enqueue(session, [entry(2)], channels, 20).session],
    ['something waits', (session) => ({ ...session, queue: [entry(2)] })],
    ['nothing has played', (session) => ({ ...session, history: [] })],
    ['the bot has left', (session) => ({ ...session, voiceChannel: null })],
    ['somebody stopped the music', (session) => stop(session, 20).session],
    ['it has found nothing before', (session) => foundNothing(session).session],
    [
      'too many tracks have failed',
      (session) => ({ ...session, reason: { text: '', entryId: null, why: because('gave-up') } }),
    ],
  ])('does not if %s', (_name, change) => {
    expect(wantsMore(change(over()))).toBe(false);
  });

  test('is switched the other way round without a wish, and keeps only rules about tracks', () => {
    const on = setAutoplay(emptySession(guild), undefined, { sources: ['youtube'], maxQueuedPerMember: 3 });
    expect(on.session.autoplay).toEqual({ sources: ['youtube'] });
    expect(setAutoplay(on.session, undefined).session.autoplay).toBeNull();
    expect(setAutoplay(on.session, true).session.autoplay).toEqual({});
  });
});

describe('what is looked for', () => {
  const track = (uri: string | null, source: string, author = 'The Quays') => ({
    uri,
    source,
    author,
    title: 'Low Tide',
  });
  const searches = ['ytsearch:The Quays', 'ytsearch:Low Tide'];
  const every = ['youtube', 'spotify', 'deezer', 'http'];

  test.each([
    [
      'https://www.youtube.com/watch?v=abc-DEF_123',
      'youtube',
      'https://www.youtube.com/watch?v=abc-DEF_123&list=RDabc-DEF_123',
    ],
    ['https://open.spotify.com/track/4cOdK2wGLETKBW3PvgPWqT', 'spotify', 'sprec:seed_tracks=4cOdK2wGLETKBW3PvgPWqT'],
    ['https://www.deezer.com/track/1090538082', 'deezer', 'dzrec:1090538082'],
  ])('after %s its service is asked first, and then for more of its artist', (uri, source, identifier) => {
    expect(relatedTo(track(uri, source), 'ytsearch', every)).toEqual([identifier, ...searches]);
  });

  test.each([
    ['a file', 'https://music.sandbox.test/files/a.mp3', 'http', every],
    ['a track without an address', null, 'youtube', every],
    ['a track whose id is none', 'https://www.youtube.com/watch?v=a%26list%3Dx', 'youtube', every],
    ['a track of a service that the node does not have', 'https://open.spotify.com/track/1', 'spotify', ['youtube']],
  ])('after %s, only more of its artist', (_name, uri, source, sources) => {
    expect(relatedTo(track(uri, source), 'ytsearch', sources)).toEqual(searches);
  });

  test('a search is made where the node can search', () => {
    expect(relatedTo(track(null, 'http'), 'ytsearch', ['http', 'deezer'])).toEqual([
      'dzsearch:The Quays',
      'dzsearch:Low Tide',
    ]);
    expect(relatedTo(track(null, 'http', 'Unknown'), 'ytsearch', every)).toEqual(['ytsearch:Low Tide']);
  });
});

describe('what follows', () => {
  const heard = { ...entry(1), uri: 'https://music.sandbox.test/track/1' };
  const session = { autoplay: {}, history: [heard] };

  test('is the first that has not played lately, by its address and by its name', () => {
    const sameAddress = { ...entry(2), uri: heard.uri };
    const sameName = { ...entry(3), title: 'TRACK 1', author: 'the quays' };
    expect(firstFresh(session, [sameAddress, sameName, entry(4), entry(5)])?.title).toBe('Track 4');
    expect(firstFresh(session, [sameAddress, sameName])).toBeUndefined();
  });

  test('is none that the rules of the server exclude, and no live stream', () => {
    const autoplay = { sources: ['http'], maxTrackLengthMs: 10_000 };
    const found = [
      { ...entry(2), source: 'youtube' },
      { ...entry(3), lengthMs: 10_001 },
      { ...entry(4), lengthMs: null },
      { ...entry(5), isStream: true },
      entry(6),
    ];
    expect(firstFresh({ ...session, autoplay }, found)?.title).toBe('Track 6');
  });
});
