import type { TargetFault } from '#infra/http/denial-codes.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';

const maxTargetBytes = 8 * 1024;
const maxSegmentBytes = 1024;

/** pchar of RFC 3986 3.3 without ';' (path parameters) and with '/'; every escape is checked separately. */
const plainPath = /^\/[A-Za-z0-9\-._~!$&'()*+,=:@%/]*$/;
const dotSegment = /\/\.{1,2}(?:\/|$)/;
/** Printable ASCII without what no query may contain unescaped (RFC 3986 3.4) or what servers read differently. */
const plainQuery = /^\?[!$-;=?-[\]-~]*$/;
const nonAscii = /[\u0080-\uffff]/;
const visible = /^[!-~]*$/;

export interface CanonicalTarget {
  readonly path: string;
  /** With its question mark; empty if there is no query. */
  readonly query: string;
}

/**
 * Accepts a request target only if every server would read it in the same way: origin form, no dot segments, no empty
 * segments, no escapes for a separator, for a dot, for an escape, or for anything that needs none. Nothing is
 * rewritten.
 */
export function canonicalTarget(url: string): Verdict<CanonicalTarget, TargetFault> {
  if (url.length > maxTargetBytes) return reject('too-long');
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark);
  const fault = pathFault(path) ?? (query.length > 0 ? queryFault(query) : undefined);
  return fault === undefined ? accept({ path, query }) : reject(fault);
}

function pathFault(path: string): TargetFault | undefined {
  if (!plainPath.test(path)) return strangeCharacter(path);
  if (path.includes('//')) return 'empty-segment';
  if (dotSegment.test(path)) return 'dot-segment';
  if (path.includes('%')) {
    const fault = escapeFault(path);
    if (fault !== undefined) return fault;
  }
  return path.length > maxSegmentBytes && path.split('/').some((segment) => segment.length > maxSegmentBytes)
    ? 'too-long'
    : undefined;
}

function strangeCharacter(path: string): TargetFault {
  if (!path.startsWith('/')) return 'absolute-form';
  if (path.includes('#')) return 'fragment';
  if (path.includes('\\')) return 'backslash';
  if (path.includes(';')) return 'path-parameter';
  if (nonAscii.test(path)) return 'non-ascii';
  return visible.test(path) ? 'character' : 'control-character';
}

/** Escapes in a path may only represent what cannot be written otherwise. */
function escapeFault(path: string): TargetFault | undefined {
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 1)) {
    const digits = path.slice(at + 1, at + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) return 'malformed-escape';
    const byte = Number.parseInt(digits, 16);
    if (byte < 0x20 || byte === 0x7f) return 'control-character';
    const character = String.fromCharCode(byte);
    if (character === '/' || character === '\\') return 'encoded-separator';
    if (character === '.') return 'dot-segment';
    if (character === '%') return 'double-encoding';
    if (character === ';') return 'path-parameter';
    if (/[A-Za-z0-9\-_~]/.test(character)) return 'needless-escape';
  }
  return undefined;
}

function queryFault(query: string): TargetFault | undefined {
  if (!plainQuery.test(query)) {
    if (query.includes('#')) return 'fragment';
    if (query.includes('\\')) return 'backslash';
    if (nonAscii.test(query)) return 'non-ascii';
    return visible.test(query) ? 'character' : 'control-character';
  }
  if (!query.includes('%')) return undefined;
  if (/%(?![0-9A-Fa-f]{2})/.test(query)) return 'malformed-escape';
  return /%(?:0[0-9A-Fa-f]|1[0-9A-Fa-f]|7[Ff])/.test(query) ? 'control-character' : undefined;
}
