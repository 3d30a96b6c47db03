import { isDeepStrictEqual } from 'node:util';
import type { Obligations } from '#security/identity/obligations.ts';
import { because, whyText, type WhyCode } from '#services/contracts/why.ts';
import { Deciding } from './deciding.ts';
import type { Entry } from './entry.ts';
import { reasonOf, type Change, type Session } from './session.ts';
import { searchPrefix } from './sources.ts';
import { promptFailures } from './track-reports.ts';

/** By which rules the server was ruled when it was switched on: sources, and how long tracks may be. */
export type Autoplay = Pick<Obligations, 'sources' | 'maxTrackLengthMs'>;

/** Switches it on or off; without a wish, the other way round. */
export function setAutoplay(session: Session, on: boolean | undefined, obligations: Obligations = {}): Change {
  const { sources, maxTrackLengthMs } = obligations;
  const rules: Autoplay = {
    ...(sources ? { sources } : {}),
    ...(maxTrackLengthMs === undefined ? {} : { maxTrackLengthMs }),
  };
  const autoplay = (on ?? session.autoplay === null) ? rules : null;
  const deciding = new Deciding(session);
  if (!isDeepStrictEqual(autoplay, session.autoplay)) deciding.tell({ type: 'AutoplayChanged', data: { autoplay } });
  return deciding.decided('queue');
}

/** Why music ends that autoplay continues. */
const skips: readonly WhyCode[] = ['skipped', 'skipped-several', 'skipped-many'];

/** The queue is over, and what played last can be followed by something like it. */
export function wantsMore(session: Session): boolean {
  const { autoplay, current, queue, later, history, voiceChannel, reason, failureRun } = session;
  const hasEnded = current === null && queue.length + later.length === 0 && voiceChannel !== null && history.length > 0;
  // After too many failures in a row, or if nothing was found, somebody has to ask for more.
  if (autoplay === null || !hasEnded || failureRun >= promptFailures) return false;
  return reason === null || (reason.why !== undefined && skips.includes(reason.why.code));
}

/** Of which a node is asked for at most so many. */
const mostLookedUp = 3;

/**
 * What to ask a node for: what the track's own service recommends, if the node has that service (youtube-source; LavaSrc
 * README, "Supported URLs and Queries"), then more of its artist. The best comes first.
 */
export function relatedTo(
  { uri, author, title, source }: Pick<Entry, 'uri' | 'author' | 'title' | 'source'>,
  searchSource: string,
  sources: readonly string[] | undefined,
): readonly string[] {
  const isThere = sources === undefined || sources.includes(source);
  const id = uri === null ? undefined : idIn(source, uri);
  const recommended = isThere && id !== undefined ? recommendations[source]?.(id) : undefined;
  const prefix = searchPrefix(searchSource, sources);
  const words = author === 'Unknown' ? [title] : [author, title];
  return [...(recommended === undefined ? [] : [recommended]), ...words.map((text) => `${prefix}:${text}`)].slice(
    0,
    mostLookedUp,
  );
}

/** By source, what finds tracks like the one of this id. */
const recommendations: Readonly<Record<string, (id: string) => string>> = {
  youtube: (id) => `https://www.youtube.com/watch?v=${id}&list=RD${id}`,
  spotify: (id) => `sprec:seed_tracks=${id}`,
  deezer: (id) => `dzrec:${id}`,
  yandexmusic: (id) => `ymrec:${id}`,
};

/** A track's id in its address: the last part of its path, or at YouTube the parameter `v`. */
function idIn(source: string, uri: string): string | undefined {
  const url = URL.parse(uri);
  const id = source === 'youtube' ? url?.searchParams.get('v') : url?.pathname.split('/').at(-1);
  return id && /^[\w-]{1,40}$/.test(id) ? id : undefined;
}

/** The first that may be played and has not played lately. */
export function firstFresh(
  { autoplay, history }: Pick<Session, 'autoplay' | 'history'>,
  found: readonly Entry[],
): Entry | undefined {
  const { sources, maxTrackLengthMs } = autoplay ?? {};
  const heard = new Set(history.flatMap(marks));
  return found.find(
    (entry) =>
      !entry.isStream &&
      (sources?.includes(entry.source) ?? true) &&
      (maxTrackLengthMs === undefined || (entry.lengthMs !== null && entry.lengthMs <= maxTrackLengthMs)) &&
      marks(entry).every((mark) => !heard.has(mark)),
  );
}

/** By what a recording is known again. */
const marks = ({ uri, author, title }: Entry): string[] => [
  ...(uri === null ? [] : [uri]),
  JSON.stringify([author.toLowerCase(), title.toLowerCase()]),
];

/** Nothing fits: members are told, and nothing more is looked for until somebody asks for music. */
export function foundNothing(session: Session): Change {
  const why = because('autoplay-nothing');
  const deciding = new Deciding(session);
  deciding.explain(reasonOf(why, null));
  return deciding.decided('failure', whyText(why));
}
