import type { z } from 'zod';
import type { Fault, FaultCode } from './errors.ts';
import { isMissing, wordsOf } from './fault-words.ts';

/** The faults that zod found, each with its location (RFC 6901) and our code; unknown fields one by one. */
export const faultsOf = (issues: readonly z.core.$ZodIssue[]): Fault[] => issues.flatMap(flatten);

/** '1 fault', '2 faults'. */
export const countOf = (faults: readonly Fault[]): string =>
  `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;

function flatten(issue: z.core.$ZodIssue): Fault[] {
  const at = pointer(issue.path);
  if (issue.code === 'invalid_union') {
    // The alternative that matched the furthest into the document is the one that was meant.
    const depth = (branch: readonly z.core.$ZodIssue[]) => Math.max(...branch.map(({ path }) => path.length));
    const [meant] = issue.errors.toSorted((one, other) => depth(other) - depth(one));
    if (meant && depth(meant) > 0)
      return meant.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
  }
  if (issue.code !== 'unrecognized_keys') return [{ at, code: codeOf(issue), message: wordsOf(issue) }];
  return issue.keys.map((key) => ({
    at: `${at === '/' ? '' : at}${pointer([key])}`,
    code: 'unknown-field',
    message: 'is not a known field',
  }));
}

function codeOf(issue: z.core.$ZodIssue): FaultCode {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue) ? 'missing' : 'wrong-type';
    case 'unrecognized_keys':
      return 'unknown-field';
    case 'too_big':
      return 'over-limit';
    case 'too_small':
      return 'under-limit';
    case 'invalid_format':
      return 'wrong-format';
    case 'invalid_value':
      return 'unknown-value';
    default:
      return 'invalid';
  }
}

const pointer = (path: readonly PropertyKey[]): string =>
  `/${path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
