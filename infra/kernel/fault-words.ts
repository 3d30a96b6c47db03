import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type IssueOf<Code extends Issue['code']> = Extract<Issue, { code: Code }>;

/**
 * What is wrong, in words that follow the field's name: 'must be one of allow, deny'. A schema's own messages are kept;
 * zod's are never used, so that what people read does not depend on the library.
 */
export function wordsOf(issue: Issue): string {
  return isOwn(issue.message) ? issue.message : plainWords(issue);
}

/** Every message of zod's English locale starts like this, and none of ours does. */
const isOwn = (message: string): boolean =>
  message !== '' && !/^(?:Invalid|Too (?:big|small)|Unrecognized)\b/.test(message);

function plainWords(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue) ? 'is missing' : `must be ${types[issue.expected] ?? 'something else'}`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values)}`;
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'invalid_format':
      return formatWords(issue);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return 'is not a known field';
    case 'invalid_union':
      return unionWords(issue);
    case 'invalid_key':
      return 'has a key that is not allowed';
    case 'invalid_element':
      return 'has an entry that is not allowed';
    default:
      return 'is not valid';
  }
}

/** Issues do not include the value that zod was given, but their messages do. */
export const isMissing = (issue: Issue): boolean =>
  issue.code === 'invalid_type' && issue.message.endsWith('received undefined');

const types: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  bigint: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  set: 'a list',
  object: 'an object',
  record: 'an object',
  map: 'an object',
  date: 'a date',
  null: 'null',
  undefined: 'left out',
  never: 'left out',
  nan: 'not a number',
  file: 'a file',
};

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`;

const counted = (count: number | bigint, noun: readonly [string, string]): string =>
  `${count} ${count === 1 || count === 1n ? noun[0] : noun[1]}`;
const nouns: Readonly<Record<string, readonly [string, string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
  set: ['entry', 'entries'],
  map: ['entry', 'entries'],
  object: ['field', 'fields'],
  file: ['byte', 'bytes'],
};

function tooSmall({ origin, minimum, inclusive, exact }: IssueOf<'too_small'>): string {
  const noun = nouns[origin];
  if (noun && exact) return `must have exactly ${counted(minimum, noun)}`;
  if (noun) return Number(minimum) === 1 ? 'must not be empty' : `must have at least ${counted(minimum, noun)}`;
  const bound = origin === 'date' ? new Date(Number(minimum)).toISOString() : String(minimum);
  return inclusive === false ? `must be more than ${bound}` : `must be at least ${bound}`;
}

function tooBig({ origin, maximum, inclusive, exact }: IssueOf<'too_big'>): string {
  const noun = nouns[origin];
  if (noun) return `must have ${exact ? 'exactly' : 'at most'} ${counted(maximum, noun)}`;
  const bound = origin === 'date' ? new Date(Number(maximum)).toISOString() : String(maximum);
  return inclusive === false ? `must be less than ${bound}` : `must be at most ${bound}`;
}

const formats: Readonly<Record<string, string>> = {
  email: 'must be an email address',
  url: 'must be a URL such as https://example.org',
  datetime: 'must be a date and time such as 2026-05-01T18:00:00Z',
  date: 'must be a date such as 2026-05-01',
  time: 'must be a time such as 18:30',
  duration: 'must be a duration such as PT5M',
  uuid: 'must be a UUID',
  ipv4: 'must be an IPv4 address',
  ipv6: 'must be an IPv6 address',
  cidrv4: 'must be an IPv4 range such as 10.0.0.0/8',
  cidrv6: 'must be an IPv6 range such as 2001:db8::/32',
  base64: 'must be in Base64',
  base64url: 'must be in Base64url',
  json_string: 'must be JSON',
};

function formatWords(issue: IssueOf<'invalid_format'>): string {
  const { format, prefix, suffix, includes } = issue as typeof issue &
    Record<'prefix' | 'suffix' | 'includes', unknown>;
  if (format === 'starts_with') return `must start with ${String(prefix)}`;
  if (format === 'ends_with') return `must end with ${String(suffix)}`;
  if (format === 'includes') return `must contain ${String(includes)}`;
  return formats[format] ?? 'has an invalid format';
}

/** All possible forms: 'must be all or a list'. */
function unionWords({ errors }: IssueOf<'invalid_union'>): string {
  const forms = errors.map(([first]) => (first && first.path.length === 0 ? wordsOf(first) : ''));
  const ends = [...new Set(forms.map((words) => words.replace(/^must be /, '')))];
  const isPlain = forms.length > 0 && forms.every((words) => words.startsWith('must be '));
  return isPlain ? `must be ${ends.join(' or ')}` : 'does not have one of the allowed forms';
}
