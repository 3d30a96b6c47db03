import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { eventColumns, recorded, type EventRow } from './event-store.ts';
import { placeOf, type EventSealing } from './event-types.ts';

/** Events that are read and perhaps written again in one transaction. */
const batch = 100;

export interface Rewriting {
  readonly tenant: TenantId;
  /** Of the names of the streams, such as `music-session/`. */
  readonly prefix: string;
  readonly sealing: EventSealing;
  /** Runs in a transaction of the tenant, after `whileSealing` (security/keyring/rotation.ts). */
  readonly within: <Result>(work: (transaction: Transaction) => Promise<Result>) => Promise<Result>;
}

/**
 * The one exception to events being what they were: a person is erased from them. `change` gets what is sealed of an
 * event, or a snapshot, and returns it as it shall be, or the same if nothing has to change. In batches, each of which is
 * complete: it can be interrupted and repeated. What was sealed before opens until the tenant's key is replaced.
 */
export async function rewriteStreams(rewriting: Rewriting, change: (value: object) => object): Promise<void> {
  let after: Pick<EventRow, 'stream' | 'version'> = { stream: '', version: 0 };
  for (;;) {
    const last = await rewriting.within((transaction) => rewriteSome(transaction, rewriting, after, change));
    if (!last) return;
    after = last;
  }
}

async function rewriteSome(
  transaction: Transaction,
  { tenant, prefix, sealing: { keeper, envelope } }: Rewriting,
  after: Pick<EventRow, 'stream' | 'version'>,
  change: (value: object) => object,
): Promise<Pick<EventRow, 'stream' | 'version'> | undefined> {
  // As in sealedValues (security/keyring/sealed-columns.ts): the primary key has the order, and the planner would sort.
  void transaction.query('set local enable_sort = off').catch(() => undefined);
  const { rows } = await transaction.query<EventRow>(
    `select ${eventColumns} from event where tenant_id = $1 and starts_with(stream, $2) and sealed_by = $3
       and (stream, version) > ($4, $5) order by stream, version limit ${batch} for update`,
    [tenant, prefix, keeper, after.stream, after.version],
  );
  for (const row of rows) {
    const event = recorded(row);
    const changed = async (column: 'sealed' | 'snapshot'): Promise<Uint8Array | undefined> => {
      const sealed = event[column];
      if (!sealed) return undefined;
      const place = placeOf(event, event.id, column);
      const before = JSON.parse(Buffer.from(await envelope.open(sealed, place)).toString('utf8')) as object;
      const now = change(before);
      return now === before ? undefined : envelope.seal(Buffer.from(JSON.stringify(now), 'utf8'), place);
    };
    const [sealed, snapshot] = [await changed('sealed'), await changed('snapshot')];
    if (!sealed && !snapshot) continue;
    await transaction.query(
      `update event set sealed = coalesce($5, sealed), snapshot = coalesce($6, snapshot)
         where tenant_id = $1 and stream = $2 and version = $3 and at = $4`,
      [tenant, row.stream, row.version, row.at, sealed ?? null, snapshot ?? null],
    );
  }
  return rows.length < batch ? undefined : rows.at(-1);
}
