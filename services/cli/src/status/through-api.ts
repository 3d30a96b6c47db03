import { dataOf, type ApiCalls } from '#services/contracts/api-client.ts';
import { everyPage } from '../pages.ts';
import type { StatusReport } from './report.ts';

/** The state of an installation anywhere, as its API reports it to operators, with every tenant's bot. */
export async function statusThroughApi(url: string, { GET }: ApiCalls): Promise<StatusReport> {
  const { status, processes, custodians, nodes } = await dataOf(GET('/v1/operator/health'));
  const tenants = await everyPage((query) => dataOf(GET('/v1/operator/tenants', { params: { query } })));
  const players = nodes.reduce((sum, node) => sum + node.playingPlayers, 0);
  return {
    of: url,
    about: `${tenants.length} tenant(s), ${players} player(s) playing`,
    status,
    parts: processes.map((each) => ({ ...each, facts: {} })),
    custodians,
    tenants: tenants.map(({ id, name, state, instance }) => ({ id, name, state, restarts: instance?.restarts ?? 0 })),
  };
}
