import type { ProcessHealth } from '#infra/observability/operations.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

/** What a process says of itself. */
export const processFindings = (process: ProcessHealth): readonly Finding[] => [
  healthFinding(process),
  ...process.causes.flatMap(unreadChannels),
];

function healthFinding({ name, status, causes }: ProcessHealth): Finding {
  if (status === 'healthy') return ok('processes', `${name} is healthy`);
  const why = causes
    .filter((cause) => cause.status !== 'healthy')
    .map((cause) => `${cause.name}: ${cause.message ?? cause.status}`)
    .join('; ');
  const says = `${name} is ${status}: ${why}`;
  const fix = `look at logs/${name}.log in the data folder`;
  return status === 'degraded' ? warning('processes', says, fix) : fault('processes', says, fix);
}

/** The platform is well; what keeps these bots from doing what their servers have set is up to their owners. */
const unreadChannels = ({ name, message }: ProcessHealth['causes'][number]): readonly Finding[] =>
  name === 'request-channels' && message !== undefined
    ? [warning('processes', message, 'ask their owners to switch on "Message Content Intent" at Discord')]
    : [];
