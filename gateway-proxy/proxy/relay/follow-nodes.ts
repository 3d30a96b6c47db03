import type { Database } from '#infra/database/pool.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { followNodes } from '#infra/nodes/followed-nodes.ts';
import { openNode } from '#security/keyring/sealed-node.ts';
import type { LavalinkNode, Upstreams } from './upstreams.ts';

export interface AddedNodesOptions {
  readonly database: Pick<Database, 'listen' | 'acrossTenants'>;
  readonly openingKeyBase64: string;
  readonly upstreams: Pick<Upstreams, 'setNodes'>;
  readonly logger: Logger;
}

/**
 * Lets the nodes that operators have added be reached, and no longer those that they have removed. What cannot be opened
 * is left out, and told.
 */
export function followAddedNodes({ database, openingKeyBase64, upstreams, logger }: AddedNodesOptions) {
  return followNodes({
    database,
    logger,
    async read() {
      const rows = await database.acrossTenants(async (transaction) => {
        const text = 'select id, sealed from lavalink_node where sealed is not null';
        return (await transaction.query<{ id: string; sealed: string }>(text)).rows;
      });
      const nodes = await Promise.all(
        rows.map(({ id, sealed }) =>
          openNode(sealed, id, openingKeyBase64).catch((error: unknown) => {
            logger.error({ err: error, node: id }, 'a Lavalink node cannot be used');
          }),
        ),
      );
      upstreams.setNodes(nodes.filter((node): node is LavalinkNode => node !== undefined));
    },
  });
}
