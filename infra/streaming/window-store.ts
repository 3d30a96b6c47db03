import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { advance, type Addition, type Pane, type PaneOptions, type PaneState } from './windows.ts';

/** Windows of each tenant, in tables `window_state` and `window_pane`. */
export interface WindowKind extends PaneOptions {
  /** Never changes, nor does what a pane is: rows are stored under it. */
  readonly name: string;
}

/**
 * Adds to the windows of tenants what a consumer was given, in its transaction: with the checkpoint and the inbox, windows have
 * each event once, whoever is killed and wherever another process goes on. Two processes that have events of a tenant wait for
 * each other. A tenant that is gone meanwhile is left out.
 * @param notAfterMs see `advance`
 */
export async function addToWindows(
  transaction: Transaction,
  kind: WindowKind,
  additions: ReadonlyMap<TenantId, readonly Addition[]>,
  notAfterMs: number,
): Promise<void> {
  // In one order, so that two processes with the same tenants do not wait for each other.
  const tenants = [...additions.keys()].toSorted();
  if (tenants.length === 0) return;
  const changed: Row[] = [];
  const states: (readonly [TenantId, PaneState])[] = [];
  for (const [tenant, before] of await lock(transaction, kind, tenants)) {
    const { state, changed: panes } = advance(before, additions.get(tenant) ?? [], kind, notAfterMs);
    states.push([tenant, state]);
    for (const [at, pane] of panes)
      for (const [key, value] of Object.entries(pane)) changed.push({ tenant, at, key, value });
  }
  await store(transaction, kind, states, changed);
}

interface Row {
  readonly tenant: TenantId;
  readonly at: number;
  readonly key: string;
  readonly value: number;
}

/** The states of these tenants, which nobody else changes until the transaction has ended. */
async function lock(
  transaction: Transaction,
  { name, everyMs, latenessMs }: WindowKind,
  tenants: readonly TenantId[],
): Promise<Map<TenantId, PaneState>> {
  await transaction.query({
    name: 'make-window-states',
    text: `insert into window_state (tenant_id, name) select id, $2 from tenant where id = any($1) order by id
           on conflict do nothing`,
    values: [tenants, name],
  });
  const { rows } = await transaction.query<{
    tenant: TenantId;
    watermark: Date | null;
    corrected: string;
    out: string;
  }>({
    name: 'lock-window-states',
    text: `select tenant_id as tenant, watermark, corrected, left_out as out from window_state
             where tenant_id = any($1) and name = $2 order by tenant_id for update`,
    values: [tenants, name],
  });
  // Only now, so that it sees what the transactions before have left.
  const { rows: panes } = await transaction.query<{ tenant: TenantId; at: Date; key: string; value: string }>({
    name: 'read-open-panes',
    text: `select p.tenant_id as tenant, p.at, p.key, p.value from window_pane p join window_state s using (tenant_id, name)
             where p.tenant_id = any($1) and p.name = $2 and p.at > s.watermark - $3::int * interval '1 ms'`,
    values: [tenants, name, everyMs + latenessMs],
  });
  const open = new Map<TenantId, Record<string, Record<string, number>>>();
  for (const { tenant, at, key, value } of panes) {
    const own = open.get(tenant) ?? {};
    open.set(tenant, own);
    (own[at.getTime()] ??= {})[key] = Number(value);
  }
  return new Map(
    rows.map(({ tenant, watermark, corrected, out }) => [
      tenant,
      {
        watermarkMs: watermark?.getTime() ?? null,
        panes: (open.get(tenant) ?? {}) satisfies Record<string, Pane>,
        corrected: Number(corrected),
        leftOut: Number(out),
      },
    ]),
  );
}

async function store(
  transaction: Transaction,
  { name }: WindowKind,
  states: readonly (readonly [TenantId, PaneState])[],
  changed: readonly Row[],
): Promise<void> {
  await transaction.query({
    name: 'store-window-states',
    text: `update window_state s set watermark = now.watermark, corrected = now.corrected, left_out = now.out
             from unnest($2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[]) as now (tenant, watermark, corrected, out)
             where s.tenant_id = now.tenant and s.name = $1`,
    values: [
      name,
      states.map(([tenant]) => tenant),
      states.map(([, { watermarkMs }]) => (watermarkMs === null ? null : new Date(watermarkMs))),
      states.map(([, { corrected }]) => corrected),
      states.map(([, { leftOut }]) => leftOut),
    ],
  });
  await transaction.query({
    name: 'store-window-panes',
    text: `insert into window_pane (tenant_id, name, at, key, value)
             select tenant, $1, at, key, value
               from unnest($2::text[], $3::timestamptz[], $4::text[], $5::bigint[]) as changed (tenant, at, key, value)
             on conflict (tenant_id, name, at, key) do update set value = excluded.value`,
    values: [
      name,
      changed.map(({ tenant }) => tenant),
      changed.map(({ at }) => new Date(at)),
      changed.map(({ key }) => key),
      changed.map(({ value }) => value),
    ],
  });
}
