import { check, deny, pass } from './check.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { RouteTable } from '../routes/route-table.ts';

export interface RoutePorts {
  readonly routes: RouteTable;
}

/** Does this address exist? The public listener has the api's addresses, without a prefix, and no others. */
export const findRoute = check<RoutePorts, Exchange, 'route'>(
  'route',
  ({ raw, path, peer, wantsUpgrade }, { routes }) => {
    const match = routes.match(raw.method, path, peer ? undefined : 'api');
    if (!match) return deny('route.unknown');
    if ('allow' in match) return deny('route.method', { allow: match.allow });
    const { upgrade } = match.route;
    if (upgrade !== undefined && !wantsUpgrade) return deny('route.upgrade-required');
    if (upgrade === undefined && wantsUpgrade) return deny('route.no-upgrade');
    return pass.with(match);
  },
);
