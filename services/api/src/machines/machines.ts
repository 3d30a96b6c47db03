import type { Database, Transaction } from '#infra/database/pool.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { leasedParts, type LeasedPart } from '#infra/leases/lease.ts';
import { journal } from '#security/audit/journal.ts';
import type { AuditRecord } from '#security/audit/record.ts';

/** A machine of the installation, as its processes have registered it, or as an operator has drained it. */
export interface Machine {
  readonly machine: string;
  readonly draining: boolean;
  /** A subject; null unless it is being drained. */
  readonly drainedBy: string | null;
  /** Those of which a process runs there. */
  readonly parts: readonly {
    readonly part: LeasedPart;
    readonly processes: number;
    /** The tenants for which it acts. */
    readonly tenants: number;
  }[];
}

/** Where a part acts for a tenant. */
interface Place {
  /** Null while no process does, or one of an earlier release. */
  readonly machine: string | null;
  /** The machine that an operator has chosen. */
  readonly pinnedTo: string | null;
}
export type Placement = Readonly<Record<LeasedPart, Place>>;

/** The machines of the installation, and where tenants run on them. Each change is journalled in its transaction. */
export interface Machines {
  /** By name. */
  list(): Promise<readonly Machine[]>;
  /**
   * Replicas of a machine that is being drained pass on everything, and take nothing until that is undone.
   * @throws BailiwickError machine.unknown (404), machine.last (409)
   */
  setDraining(machine: string, draining: boolean, by: string, audit: () => AuditRecord): Promise<Machine>;
  /**
   * @throws BailiwickError machine.unknown (404), machine.draining, machine.incomplete, machine.full (409) if the tenant
   *   cannot be moved there
   */
  requireRoom(machine: string, tenant: TenantId): Promise<void>;
  /** Undefined if there is no such tenant. */
  placement(tenant: TenantId): Promise<Placement | undefined>;
  /** Where one part is to act for a tenant; null: wherever there is room. @returns false if there is no such tenant */
  pin(tenant: TenantId, part: LeasedPart, machine: string | null): Promise<boolean>;
  /** Every part may act for the tenant wherever there is room. */
  unpin(tenant: TenantId, audit: () => AuditRecord): Promise<void>;
  /**
   * Where a part acts for a tenant at this moment, and whether it has a replica on this machine that takes leases.
   * Undefined if there is no such tenant.
   */
  standing(tenant: TenantId, part: LeasedPart, machine: string): Promise<Standing | undefined>;
}

interface Standing {
  readonly machine: string | null;
  readonly isServed: boolean;
}

const isLive = 'expires_at > clock_timestamp()';

/** The tables replica, tenant_lease and drained_machine. */
export function createMachines({
  database,
}: {
  readonly database: Pick<Database, 'acrossTenants' | 'queryAcrossTenants'>;
}): Machines {
  const every = async (transaction: Transaction): Promise<readonly Machine[]> => {
    const { rows: parts } = await transaction.query<PartRow>(
      `select machine, part, count(*)::int as processes,
          sum((select count(*) from tenant_lease where replica_id = replica.id and part = replica.part))::int as tenants
        from replica where machine <> '' and ${isLive} group by machine, part order by part`,
    );
    const { rows: drained } = await transaction.query<{ machine: string; drainedBy: string }>(
      'select machine, drained_by as "drainedBy" from drained_machine',
    );
    const drainedBy = new Map(drained.map((row) => [row.machine, row.drainedBy]));
    const ofMachine = Map.groupBy(parts, ({ machine }) => machine);
    return [...new Set([...ofMachine.keys(), ...drainedBy.keys()])].toSorted().map((machine) => ({
      machine,
      draining: drainedBy.has(machine),
      drainedBy: drainedBy.get(machine) ?? null,
      parts: (ofMachine.get(machine) ?? []).map(({ part, processes, tenants }) => ({ part, processes, tenants })),
    }));
  };

  return {
    list: () => database.acrossTenants(every),
    setDraining: (name, draining, by, audit) =>
      database.acrossTenants(async (transaction) => {
        // One change at a time, so that no two drain each other's last one.
        await transaction.query("select pg_advisory_xact_lock(hashtextextended('bailiwick.machines', 0))");
        const all = await every(transaction);
        const found = all.find(({ machine }) => machine === name);
        if (!found) throw unknown(name);
        if (draining) {
          const others = all.filter((each) => each.machine !== name && !each.draining);
          const missing = leasedParts.filter((part) => !others.some((each) => has(each, part)));
          if (missing.length > 0) throw last(name, missing);
        }
        await transaction.query(
          draining
            ? 'insert into drained_machine (machine, drained_by) values ($1, $2) on conflict do nothing'
            : 'delete from drained_machine where machine = $1',
          draining ? [name, by] : [name],
        );
        await journal(transaction, [audit()]);
        return (await every(transaction)).find(({ machine }) => machine === name) ?? { ...found, draining };
      }),
    async requireRoom(name, tenant) {
      const found = (await database.acrossTenants(every)).find(({ machine }) => machine === name);
      if (!found) throw unknown(name);
      if (found.draining)
        throw callerFault(
          'machine.draining',
          `${name} is being drained. Choose another machine, or stop draining it first.`,
          409,
        );
      const missing = leasedParts.filter((part) => !has(found, part));
      if (missing.length > 0)
        throw callerFault(
          'machine.incomplete',
          `${name} cannot run a tenant: it has no ${listed(missing)}. Start one there, or choose another machine.`,
          409,
        );
      const [room] = await database.queryAcrossTenants<{ is_there: boolean }>({
        text: `select exists (select from staying_replica r where machine = $1 and part = 'supervisor' and ${isLive}
            and (capacity is null or capacity > (select count(*) from tenant_lease l
              join instance i on i.tenant_id = l.tenant_id and i.desired = 'running'
              where l.replica_id = r.id and l.tenant_id <> $2))) as is_there`,
        values: [name, tenant],
      });
      if (room?.is_there !== true)
        throw callerFault(
          'machine.full',
          `${name} runs as many bots as its supervisor may (bots.maxInstances). Move another tenant away first.`,
          409,
        );
    },
    async placement(tenant) {
      const rows = await database.queryAcrossTenants<Place & { part: LeasedPart }>({
        text: `select l.part, l.pinned_to as "pinnedTo", nullif(r.machine, '') as machine
          from tenant_lease l left join replica r on r.id = l.replica_id where l.tenant_id = $1`,
        values: [tenant],
      });
      if (rows.length < leasedParts.length) return undefined;
      const of = new Map(rows.map(({ part, machine, pinnedTo }) => [part, { machine, pinnedTo }]));
      return Object.fromEntries(leasedParts.map((part) => [part, of.get(part)])) as Placement;
    },
    async pin(tenant, part, machine) {
      const rows = await database.queryAcrossTenants({
        text: `update tenant_lease set pinned_to = $3 where tenant_id = $1 and part = $2 returning part`,
        values: [tenant, part, machine],
      });
      return rows.length > 0;
    },
    unpin: (tenant, audit) =>
      database.acrossTenants(async (transaction) => {
        await transaction.query('update tenant_lease set pinned_to = null where tenant_id = $1', [tenant]);
        await journal(transaction, [audit()]);
      }),
    async standing(tenant, part, machine) {
      const [row] = await database.queryAcrossTenants<Standing>({
        text: `select nullif(r.machine, '') as machine,
            exists (select from staying_replica s where s.part = $2 and s.machine = $3 and s.${isLive}) as "isServed"
          from tenant_lease l left join replica r on r.id = l.replica_id and r.${isLive}
          where l.tenant_id = $1 and l.part = $2`,
        values: [tenant, part, machine],
      });
      return row;
    },
  };
}

interface PartRow {
  readonly machine: string;
  readonly part: LeasedPart;
  readonly processes: number;
  readonly tenants: number;
}

const has = ({ parts }: Machine, part: LeasedPart): boolean => parts.some((each) => each.part === part);
const listed = (parts: readonly LeasedPart[]): string =>
  new Intl.ListFormat('en', { type: 'disjunction' }).format(parts);

const unknown = (machine: string) =>
  callerFault('machine.unknown', `There is no machine ${machine}: no process has registered itself there.`, 404);

const last = (machine: string, missing: readonly LeasedPart[]) =>
  callerFault(
    'machine.last',
    `No other machine could take over from ${machine}: there is no ${listed(missing)} elsewhere. Start one on another machine, or stop draining one, first.`,
    409,
  );
