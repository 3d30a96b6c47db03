/** A request target with only one possible meaning. */
export interface Target {
  /** Discord's path after /api/v10, starting with a slash. */
  readonly path: string;
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

const segmentPattern = /^[A-Za-z0-9_.@-]{1,512}$/;
/** The one emoji with which a bot may react: ✅. */
const checkMark = '%E2%9C%85';
const maxTargetLength = 2_048;

/**
 * Reads what follows `/rest/` in a request's target, as it is on the wire. Nothing is decoded or normalised except the
 * one way in which libraries write `@me` and `@original`; a target that could be read in two ways is refused.
 */
export function parseTarget(raw: string): Target | undefined {
  if (raw.length > maxTargetLength) return undefined;
  const [before = '', query = '', ...rest] = raw.split('?');
  if (rest.length > 0 || raw.includes('#')) return undefined;
  const segments = before.replaceAll(/%40(?=(?:me|original)(?:\/|$))/g, '@').split('/');
  const isPlain = (segment: string) => segmentPattern.test(segment) && !/^\.+$/.test(segment);
  if (!segments.every((segment) => segment === checkMark || isPlain(segment))) return undefined;
  return { path: `/${segments.join('/')}`, segments, query: new URLSearchParams(query) };
}
