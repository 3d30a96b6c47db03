import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { testDatabase, type DatabaseService, type TestDatabase } from '#test/database.ts';

/*
 * Every table, as every database role: no transaction finds or changes a row of a tenant that it did not name. What
 * exists is read from PostgreSQL's catalogue, so a table added tomorrow is in these tests.
 */

const services = ['identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor'] as const;
/** Tables whose rows belong to no tenant, and whose they are. */
const platformTables: Readonly<Record<string, string>> = {
  _prisma_migrations: 'the schema',
  api_session: 'people',
  deletion: 'whoever asked for it; it outlives its tenant',
  deletion_key: 'the worker',
  delegated_key: 'workloads; a bot is named by its certificate',
  drained_machine: 'operators',
  enrolment: 'workloads',
  event_inbox: 'consumers, by the ids of events',
  event_key: 'workloads',
  event_subscription: 'processes, which read what happens everywhere',
  idempotent_answer: 'people; the key is hashed with its sender',
  identity_key: 'the token service',
  lavalink_node: 'operators; what signs in there is encrypted to gateway-proxy',
  operator: 'operators',
  operator_sign_in: 'operators',
  person: 'people',
  projection: 'processes, as event_subscription',
  refresh_token: 'people',
  replica: 'processes',
  revocation: 'workloads',
  session_key: 'the api',
  shared_count: 'replicas of a part; names are digests',
  shared_state: 'gateway-proxies; names are digests',
  sign_in: 'people',
  window_total: 'all tenants together; it names none',
  window_total_state: 'as window_total',
};

/** Functions with rights of their owner, and the roles that may call them. */
const movers: Readonly<Record<string, readonly string[]>> = {
  drop_event_partitions: ['bailiwick_worker'],
  make_event_partitions: ['bailiwick_worker'],
  rebuild_window_totals: ['bailiwick_worker'],
  renumber_events: [],
  total_window_panes: [],
  total_window_states: [],
};

interface Table {
  readonly name: string;
  /** The column that names the tenant; undefined for a table of the platform. */
  readonly tenantColumn: string | undefined;
  /** Whether its rows belong to a process besides, which sees only its own. */
  readonly ofKeepers: boolean;
}

const keepers = ['discord-edge', 'audio'];

const tenants: readonly TenantId[] = [newTenantId(), newTenantId()];
const [mine, theirs] = tenants as readonly [TenantId, TenantId];
const server: TestDatabase = await testDatabase();
const admin = new pg.Client({ connectionString: server.adminUrl });
await admin.connect();
const tables = await readTables();
const tenantTables = tables.filter((table): table is Table & { tenantColumn: string } => !!table.tenantColumn);
const clients = new Map<DatabaseService, pg.Client>();

beforeAll(async () => {
  // Rows of every table without regard to their references.
  await admin.query('set session_replication_role = replica');
  for (const { name, ofKeepers } of tenantTables)
    for (const tenant of tenants)
      for (const keeper of ofKeepers ? keepers : keepers.slice(0, 1)) await insertRow(admin, name, tenant, keeper);
  for (const service of services) {
    const client = new pg.Client({ connectionString: server.urlOf(service) });
    await client.connect();
    clients.set(service, client);
  }
});

afterAll(async () => {
  for (const client of clients.values()) await client.end();
  await admin.end();
  await server[Symbol.asyncDispose]();
});

async function readTables(): Promise<Table[]> {
  const { rows } = await admin.query<{ name: string; column: string | null; keepers: boolean }>(`
    select c.relname as name,
      (select attname from pg_attribute a where a.attrelid = c.oid and not attisdropped
        and (attname = 'tenant_id' or (attname = 'id' and c.relname = 'tenant'))) as column,
      exists (select from pg_attribute a where a.attrelid = c.oid and attname = 'keeper') as keepers
    from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
    order by 1`);
  return rows.map((row) => ({ name: row.name, tenantColumn: row.column ?? undefined, ofKeepers: row.keepers }));
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly default: string | null;
  readonly nullable: boolean;
}

/** Columns that have a value where the row is of a tenant. */
const withTenant: Readonly<Record<string, readonly string[]>> = { event_dead_letter: ['event'] };

/** A row of this tenant, with some value in every column that needs one. */
async function insertRow(client: pg.Client, table: string, tenant: TenantId, keeper = keepers[0]): Promise<void> {
  const { rows } = await admin.query<Column>(
    `select column_name as name, udt_name as type, column_default as default, is_nullable = 'YES' as nullable
     from information_schema.columns where table_schema = 'public' and table_name = $1`,
    [table],
  );
  const column = tables.find(({ name }) => name === table)?.tenantColumn;
  const needed = rows.filter(
    (each) =>
      each.name === column || (each.default === null && !each.nullable) || withTenant[table]?.includes(each.name),
  );
  const values = needed.map((each) =>
    each.name === column ? tenant : each.name === 'keeper' ? keeper : valueOf(each, tenant),
  );
  const places = needed.map((_each, index) => `$${index + 1}`);
  await client.query(
    `insert into ${table} (${needed.map(({ name }) => `"${name}"`).join(', ')}) values (${places.join(', ')})`,
    values,
  );
}

function valueOf({ name, type }: Column, tenant: TenantId): unknown {
  switch (type) {
    case 'text':
      return `${tenant} ${name}`;
    case 'int2':
    case 'int4':
    case 'int8':
      return 1;
    case 'bytea':
      return Buffer.from(tenant);
    case 'jsonb':
      return '{}';
    case 'bool':
      return false;
    case 'timestamptz':
      return new Date();
    case '_text':
      return [];
    default:
      throw new Error(`${name} is of a type that this test does not know: ${type}`);
  }
}

const clientOf = (service: DatabaseService): pg.Client => {
  const client = clients.get(service);
  if (!client) throw new Error(`${service} is not connected`);
  return client;
};

/** Runs in a transaction that names `scope` (undefined: names nobody), and takes everything back. */
async function as<Result>(
  service: DatabaseService,
  scope: string | undefined,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = clientOf(service);
  await client.query('begin');
  try {
    if (scope !== undefined) await client.query("select set_config('app.tenant', $1, true)", [scope]);
    return await work(client);
  } finally {
    await client.query('rollback');
  }
}

/** What a statement did: the tenants of the rows it found, or that it was refused. */
type Outcome = readonly string[] | 'refused';

async function outcomeOf(work: Promise<pg.QueryResult<{ tenant: string }>>): Promise<Outcome> {
  try {
    return (await work).rows.map(({ tenant }) => tenant);
  } catch (error) {
    // insufficient_privilege: a missing grant, or row-level security
    if (error instanceof pg.DatabaseError && error.code === '42501') return 'refused';
    throw error;
  }
}

const read = (service: DatabaseService, scope: string | undefined, { name, tenantColumn }: Table) =>
  as(service, scope, (client) => outcomeOf(client.query(`select ${tenantColumn} as tenant from ${name}`)));

describe.each(services)('the role of %s', (service) => {
  test('sees no row in a transaction that names nobody, or no tenant that exists', async () => {
    for (const scope of [undefined, '', '%', 'null', `${mine} `, `${mine}' or '1' = '1`, newTenantId()]) {
      for (const table of tenantTables) {
        const found = await read(service, scope, table);
        expect(found === 'refused' ? [] : found, `${table.name} for ${scope}`).toEqual([]);
      }
    }
  });

  test("sees the named tenant's rows at most", async () => {
    let seen = 0;
    for (const table of tenantTables) {
      const found = await read(service, mine, table);
      if (found === 'refused') continue;
      seen += found.length;
      expect(new Set(found), table.name).toEqual(new Set([mine]));
    }
    expect(seen).toBeGreaterThan(0);
  });

  test('sees the rows of all tenants only if it is one of those that may', async () => {
    const { rows } = await admin.query<{ may: boolean }>(
      "select pg_has_role($1, 'bailiwick_across_tenants', 'member') as may",
      [`bailiwick_${service}`],
    );
    for (const table of tenantTables) {
      const found = await read(service, '*', table);
      if (found === 'refused') continue;
      expect(new Set(found), table.name).toEqual(new Set(rows[0]?.may ? tenants : []));
    }
  });

  test("neither changes nor removes another tenant's rows, and adds none to them", async () => {
    for (const { name, tenantColumn } of tenantTables) {
      const where = `where ${tenantColumn} = '${theirs}' returning ${tenantColumn} as tenant`;
      for (const statement of [
        `update ${name} set ${tenantColumn} = ${tenantColumn} ${where}`,
        `delete from ${name} ${where}`,
      ]) {
        const done = await as(service, mine, (client) => outcomeOf(client.query(statement)));
        expect(done === 'refused' ? [] : done, statement).toEqual([]);
      }
      const given = await as(service, mine, (client) =>
        outcomeOf(client.query(`update ${name} set ${tenantColumn} = '${theirs}' returning ${tenantColumn} as tenant`)),
      );
      expect(given, `${name}: given away`).toBe('refused');
      const added = await as(service, mine, async (client) => {
        try {
          await insertRow(client, name, theirs);
          return 'added';
        } catch (error) {
          return error instanceof pg.DatabaseError ? error.code : String(error);
        }
      });
      expect(added, `${name}: added`).toBe('42501');
    }
  });

  test('finds nothing of the tenant before on the same connection, nor with a statement prepared for it', async () => {
    for (const { name, tenantColumn } of tenantTables) {
      // The plan of a prepared statement is kept from the sixth use on.
      const prepared = { name: `rows of ${name}`, text: `select ${tenantColumn} as tenant from ${name}` };
      for (let use = 0; use < 8; use += 1) {
        const scope = use % 2 === 0 ? mine : theirs;
        const found = await as(service, scope, (client) => outcomeOf(client.query(prepared)));
        if (found === 'refused') break;
        expect(new Set(found), name).toEqual(new Set([scope]));
      }
      const afterwards = await as(service, undefined, (client) => outcomeOf(client.query(prepared)));
      expect(afterwards === 'refused' ? [] : afterwards, name).toEqual([]);
    }
  });

  test('cannot pass by row security: it owns nothing, creates nothing and is nobody else', async () => {
    const { rows } = await admin.query(
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
        has_schema_privilege(oid, 'public', 'create') as creates,
        (select count(*)::int from pg_class c where c.relowner = r.oid) as owns,
        (select array_agg(m.roleid::regrole::text) from pg_auth_members m where m.member = r.oid) as member
       from pg_roles r where rolname = $1`,
      [`bailiwick_${service}`],
    );
    expect(rows).toEqual([
      {
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        creates: false,
        owns: 0,
        member: service === 'identity' ? null : ['bailiwick_across_tenants'],
      },
    ]);
    await expect(clientOf(service).query('set row_security = off; select 1 from tenant')).rejects.toThrow();
  });
});

test('every table belongs to a tenant by its rows, or is listed as one of the platform', () => {
  const platform = tables.filter(({ tenantColumn }) => tenantColumn === undefined).map(({ name }) => name);
  expect(platform).toEqual(
    Object.keys(platformTables)
      .filter((name) => platform.includes(name))
      .toSorted(),
  );
  expect(tenantTables.length).toBeGreaterThan(15);
});

test('every table of tenants has row security that its owner cannot pass by either', async () => {
  const { rows } = await admin.query<{ name: string; secure: boolean; policies: number }>(`
    select relname as name, relrowsecurity and relforcerowsecurity as secure,
      (select count(*)::int from pg_policy where polrelid = c.oid and polpermissive) as policies
    from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`);
  const guarded = rows.filter(({ secure, policies }) => secure && policies === 1).map(({ name }) => name);
  expect(guarded.toSorted()).toEqual(tenantTables.map(({ name }) => name).toSorted());
});

test('no partition is reached around its table, whose rules are not its own', async () => {
  const { rows } = await admin.query<{ partitions: number; reached: number }>(`
    select count(distinct c.oid)::int as partitions,
      count(*) filter (where has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate'))::int as reached
    from pg_class c cross join pg_roles r
    where c.relispartition and c.relkind = 'r' and relnamespace = 'public'::regnamespace and rolname like 'bailiwick%'`);
  expect(rows).toEqual([{ partitions: expect.any(Number), reached: 0 }]);
  expect(rows[0]?.partitions).toBeGreaterThan(1);
});

test('only the api sees workflows, which name tenants', async () => {
  const { rows } = await admin.query<{ role: string }>(
    "select rolname as role from pg_roles where rolname like 'bailiwick%' and has_schema_privilege(oid, 'workflows', 'usage')",
  );
  expect(rows).toEqual([{ role: 'bailiwick_api' }]);
});

test('no view and no function reads rows with rights that its caller lacks', async () => {
  const { rows } = await admin.query<{ name: string }>(`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
      and not coalesce(reloptions, '{}') @> '{security_invoker=true}'
    union all
    select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef order by 1`);
  expect(rows.map(({ name }) => name)).toEqual(Object.keys(movers));
  // They move or sum up whole tables and give nothing of them away but a number.
  for (const [name, roles] of Object.entries(movers)) {
    const may = await admin.query<{ role: string; result: string }>(
      `select rolname as role, prorettype::regtype::text as result from pg_proc p join pg_roles r
         on has_function_privilege(r.oid, p.oid, 'execute') where proname = $1 and rolname like 'bailiwick%'`,
      [name],
    );
    expect(may.rows, name).toEqual(roles.map((role) => ({ role, result: 'integer' })));
  }
});
