import colors from 'picocolors';
import { fitted } from '../output.ts';
import type { paths } from '#services/contracts/api.ts';

type Answer<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;
type State = Answer<'/v1/tenants/{tenant}'>;
type Tenant = State['tenant'];

type Listed = Answer<'/v1/tenants'>['items'][number];

const plainly = (text: string): string => text;
const labelWidth = 20;

const stateShades: Readonly<Partial<Record<State['state']['kind'], (text: string) => string>>> = {
  ready: colors.green,
  failed: colors.red,
  deleting: colors.red,
};

const shades: Readonly<Record<string, (text: string) => string>> = {
  active: colors.green,
  suspended: colors.yellow,
  deleting: colors.red,
};

/** A tenant on one line: first its id, which other commands take. */
export function describeTenant({ id, name, status, reason }: Tenant): string {
  const shade = shades[status] ?? plainly;
  return `${id}  ${shade(status.padEnd(9))}  ${name}${reason === null ? '' : `  (${reason})`}`;
}

/** A tenant in a list, with the state of its bot. */
export const describeListed = ({ id, name, state }: Listed): string =>
  `${id}  ${shadeOf(state.kind)(state.label.padEnd(labelWidth))}  ${name}`;

const shadeOf = (kind: State['state']['kind']): ((text: string) => string) => stateShades[kind] ?? colors.yellow;

/** A tenant, the state of its bot, its connection and its process. */
export function describeState({ tenant, state, session, instance }: State): string {
  const unknown = 'unavailable at the moment';
  const bot = instance
    ? [`${instance.state}${instance.reason ? ` (${instance.reason})` : ''}`, `${instance.restarts} restart(s)`].join(
        ', ',
      )
    : unknown;
  const layers = instance?.layers ?? [];
  return [
    describeTenant(tenant),
    `  state    ${shadeOf(state.kind)(state.label)}: ${fitted(state.sentence, 11)}`,
    `  Discord  ${session ? connection(session) : unknown}`,
    `  process  ${bot}`,
    ...(layers.length > 0 ? [`  layers   ${fitted(layers.join(', '), 11)}`] : []),
  ].join('\n');
}

/** Without a session, the number of servers that the bot is in is unknown. */
const connection = ({ status, guilds }: NonNullable<State['session']>): string =>
  status === 'none' || status === 'failed'
    ? words[status]
    : `${words[status]}, ${guilds} ${guilds === 1 ? 'server' : 'servers'}`;

const words = { none: 'not connected', connecting: 'connecting', connected: 'connected', failed: 'refused' } as const;
