import type { Database } from '#infra/database/pool.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { followNodes } from '#infra/nodes/followed-nodes.ts';
import type { DescribedNode, NodeDirectory } from './node-directory.ts';

interface Row {
  readonly id: string;
  readonly inSettings: boolean;
  readonly regions: readonly string[];
  readonly draining: boolean;
}

export interface FollowDirectoryOptions {
  readonly database: Pick<Database, 'listen' | 'acrossTenants'>;
  readonly directory: NodeDirectory;
  /** Those in the settings file; of them, the table only says which are being drained. */
  readonly settings: readonly DescribedNode[];
  readonly logger: Logger;
}

/** Keeps the directory as operators want it: within a second of a change, and as it was while the database is away. */
export function followDirectory({ database, directory, settings, logger }: FollowDirectoryOptions) {
  return followNodes({
    database,
    logger,
    async read() {
      const rows = await database.acrossTenants(async (transaction) => {
        const text = 'select id, in_settings as "inSettings", regions, draining from lavalink_node order by id';
        return (await transaction.query<Row>(text)).rows;
      });
      const known = new Map(rows.map((row) => [row.id, row]));
      const named = new Set(settings.map(({ id }) => id));
      directory.set([
        ...settings.map((node) => ({ ...node, draining: known.get(node.id)?.draining ?? false })),
        ...rows.filter(({ id, inSettings }) => !inSettings && !named.has(id)),
      ]);
    },
  });
}
