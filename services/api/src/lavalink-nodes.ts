import type { Database, Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { sealNode, type NodeDefinition } from '#security/keyring/sealed-node.ts';
import type { ApiSettings } from './settings.ts';

/** A Lavalink node as operators have described it. */
export interface LavalinkNode {
  readonly id: string;
  /** Null for one in the settings file, which has its address and password. */
  readonly url: string | null;
  /** Discord's voice regions that it is near to; empty: any. */
  readonly regions: readonly string[];
  readonly draining: boolean;
  readonly inSettings: boolean;
  /** 0 for one in the settings file that nobody has changed. */
  readonly version: number;
  /** A subject; null for one in the settings file. */
  readonly addedBy: string | null;
  readonly addedAt: Date | null;
}

/** What changes with a node; each change is journalled in its transaction. `expected` is the version to be replaced, if it matters. */
export interface LavalinkNodes {
  /** Those in the settings file first, each group by id. */
  list(): Promise<readonly LavalinkNode[]>;
  /** @throws BailiwickError node.exists, node.too-many, node.not-sealable (409) */
  add(definition: NodeDefinition, regions: readonly string[], addedBy: string, audit: Audit): Promise<LavalinkNode>;
  /** @throws BailiwickError node.unknown (404), node.changed (412) */
  setDraining(
    id: string,
    draining: boolean,
    expected: number | undefined,
    by: string,
    audit: Audit,
  ): Promise<LavalinkNode>;
  /** @throws BailiwickError node.unknown (404), node.changed (412), node.in-settings, node.not-drained (409) */
  remove(id: string, expected: number | undefined, audit: Audit): Promise<void>;
}

type Audit = () => AuditRecord;

const mostNodes = 50;

/** The table lavalink_node, and the nodes of the settings file. */
export function createLavalinkNodes(
  settings: ApiSettings['lavalink'],
  { database, clock }: { readonly database: Pick<Database, 'acrossTenants'>; readonly clock: Clock },
): LavalinkNodes {
  /** One change at a time, with all nodes as they are. */
  const change = <Result>(
    audit: Audit,
    work: (transaction: Transaction, all: readonly LavalinkNode[]) => Promise<Result>,
  ): Promise<Result> =>
    database.acrossTenants(async (transaction) => {
      await transaction.query("select pg_advisory_xact_lock(hashtextextended('bailiwick.lavalink-nodes', 0))");
      const result = await work(transaction, await everyNode(transaction));
      await journal(transaction, [audit()]);
      return result;
    });

  const everyNode = async (transaction: Transaction): Promise<readonly LavalinkNode[]> => {
    const { rows } = await transaction.query<LavalinkNode>(
      `select ${columns} from lavalink_node order by id collate "C"`,
    );
    const known = new Map(rows.map((row) => [row.id, row]));
    const inSettings = settings.nodes.map(({ id, regions }) => {
      const { draining = false, version = 0 } = known.get(id) ?? {};
      return { id, url: null, regions, draining, inSettings: true, version, addedBy: null, addedAt: null };
    });
    const named = new Set(inSettings.map(({ id }) => id));
    return [...inSettings, ...rows.filter((row) => !row.inSettings && !named.has(row.id))];
  };

  return {
    list: () => database.acrossTenants(everyNode),
    async add(definition, regions, addedBy, audit) {
      if (settings.sealingKeyBase64 === undefined)
        throw callerFault(
          'node.not-sealable',
          'This platform was started without the key that protects passwords of nodes. Add the node to the settings file.',
          409,
        );
      const sealed = await sealNode(definition, settings.sealingKeyBase64);
      return change(audit, async (transaction, all) => {
        const { id, url } = definition;
        if (all.some((node) => node.id === id))
          throw callerFault(
            'node.exists',
            `There is already a node ${id}. Remove it first, or choose another id.`,
            409,
          );
        if (all.length >= mostNodes)
          throw callerFault('node.too-many', `There can be at most ${mostNodes} nodes. Remove one first.`, 409);
        // What the settings file named once, and does not any more, may have left its state.
        const text = `insert into lavalink_node (id, in_settings, url, sealed, regions, added_by, added_at)
          values ($1, false, $2, $3, $4, $5, $6)
          on conflict (id) do update set in_settings = false, url = excluded.url, sealed = excluded.sealed,
            regions = excluded.regions, draining = false, version = lavalink_node.version + 1,
            added_by = excluded.added_by, added_at = excluded.added_at
          returning ${columns}`;
        const values = [id, url, sealed, regions, addedBy, new Date(clock.now())];
        return only((await transaction.query<LavalinkNode>(text, values)).rows);
      });
    },
    setDraining: (id, draining, expected, by, audit) =>
      change(audit, async (transaction, all) => {
        const node = found(all, id, expected);
        const text = `insert into lavalink_node (id, in_settings, regions, draining, added_by, added_at)
          values ($1, true, '{}', $2, $3, $4)
          on conflict (id) do update set draining = excluded.draining, version = lavalink_node.version + 1
          returning draining, version`;
        const values = [id, draining, by, new Date(clock.now())];
        const changed = only((await transaction.query<Pick<LavalinkNode, 'draining' | 'version'>>(text, values)).rows);
        return { ...node, ...changed };
      }),
    remove: (id, expected, audit) =>
      change(audit, async (transaction, all) => {
        const node = found(all, id, expected);
        if (node.inSettings)
          throw callerFault('node.in-settings', 'This node is in the settings file. Remove it there.', 409);
        if (!node.draining)
          throw callerFault('node.not-drained', 'Drain this node first, so that its music moves to another one.', 409);
        await transaction.query('delete from lavalink_node where id = $1', [id]);
      }),
  };
}

const columns =
  'id, url, regions, draining, in_settings as "inSettings", version, added_by as "addedBy", added_at as "addedAt"';

function found(all: readonly LavalinkNode[], id: string, expected: number | undefined): LavalinkNode {
  const node = all.find((each) => each.id === id);
  if (!node) throw callerFault('node.unknown', 'There is no such node.', 404);
  if (expected !== undefined && expected !== node.version)
    throw callerFault('node.changed', 'Somebody else has changed this node. Look at it again.', 412);
  return node;
}

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (!row) throw new Error('the database returned no row');
  return row;
}
