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

const shades: Readonly<Record<string, (text: string) => string>> = {
  active: colors.green,
  suspended: colors.yellow,
  deleting: colors.red,
};

/** A tenant in a line: its id, which other commands take, comes first. */
export function describeTenant({ id, name, status, reason }: Tenant): string {
  const shade = shades[status] ?? ((text: string) => text);
  return `${id}  ${shade(status.padEnd(9))}  ${name}${reason === null ? '' : `  (${reason})`}`;
}

/** A tenant, its connection and its process. */
export function describeState({ tenant, session, instance, ready }: State): string {
  const unknown = 'cannot be asked at the moment';
  const discord = session ? `${session.status}, ${session.guilds} server(s)` : unknown;
  const bot = instance
    ? [`${instance.state}${instance.reason ? ` (${instance.reason})` : ''}`, `${instance.restarts} restart(s)`].join(
        ', ',
      )
    : unknown;
  const layers = instance?.layers ?? [];
  return [
    describeTenant(tenant),
    `  ready    ${ready ? colors.green('yes: a command is answered') : colors.yellow('no')}`,
    `  Discord  ${discord}`,
    `  bot      ${bot}`,
    ...(layers.length > 0 ? [`  layers   ${fitted(layers.join(', '), 11)}`] : []),
  ].join('\n');
}
