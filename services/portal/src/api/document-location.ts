/** The display names of fields; the others are shown by their own name. */
const fields: Readonly<Record<string, string>> = {
  who: 'who',
  users: 'members',
  when: 'times',
  zone: 'time zone',
  from: 'start time',
  to: 'end time',
  weekdays: 'days',
  otherwise: 'commands that no rule mentions',
  dj: 'DJs',
  voteSkip: 'vote to skip',
  share: 'share of the listeners',
  maxQueuedPerMember: 'waiting tracks a member',
  maxTrackLengthSec: 'longest track',
  expiresInDays: 'days until it expires',
  scopes: 'permissions',
};

/** A location in a document (RFC 6901) in words: `/rules/0/when/zone` is 'Rule 1, time zone'. */
export function locationWords(pointer: string): string {
  const parts = pointer
    .split('/')
    .slice(1)
    .filter((part) => part !== '')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const [list, index, ...rest] = parts;
  const inRule = list === 'rules' && index !== undefined;
  const last = (inRule ? rest : parts).filter((part) => !/^\d+$/.test(part)).at(-1);
  const name = last === undefined ? undefined : (fields[last] ?? last);
  const words = inRule ? [`rule ${Number(index) + 1}`, ...(name === undefined ? [] : [name])].join(', ') : name;
  return words === undefined ? 'The document' : words.slice(0, 1).toUpperCase() + words.slice(1);
}
