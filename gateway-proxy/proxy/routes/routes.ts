import { routeDefinitions } from '#policies/routes.ts';
import { table } from './route-table.ts';

/** The table of routes, compiled. */
export const routes = table(...routeDefinitions);
