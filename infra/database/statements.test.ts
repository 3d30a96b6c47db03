import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeClock } from '#infra/kernel/clock.ts';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { testDatabase, type TestDatabase } from '#test/database.ts';
import { openDatabase, type Database } from './pool.ts';
import { openRecords, type Records } from './prisma.ts';
import { logSlowStatements, outline, withoutLiterals } from './slow-statements.ts';
import { countingFor, onStatement, RequestStatements } from './statements.ts';

const stack = new AsyncDisposableStack();
let database: Database;
let records: Records;
let server: TestDatabase;
let tenant: TenantId;

beforeAll(async () => {
  server = stack.use(await testDatabase());
  database = stack.use(openDatabase({ url: server.url, maxConnections: 2 }));
  records = stack.use(openRecords({ url: server.url, maxConnections: 2 }));
  tenant = newTenantId();
  await database.inTenant(tenant, (transaction) =>
    transaction.query('insert into tenant (id, name) values ($1, $1)', [tenant]),
  );
});
afterAll(() => stack.disposeAsync());

const read = (of: TenantId = tenant) =>
  database.queryInTenant(of, { text: 'select name from tenant where id = $1', values: [of] });

describe('what a request sends', () => {
  test('is counted by text, without what every transaction has, through pg and through Prisma', async () => {
    const statements = new RequestStatements();
    await countingFor(statements, async () => {
      for (let times = 0; times < 3; times += 1) await read();
      await records.inTenant(tenant, (rows) => rows.tenant.findUnique({ where: { id: tenant } }));
    });
    expect(statements.count).toBe(4);
    expect(statements.repeated(2)).toEqual([['select name from tenant where id = $1', 3]]);
    expect(statements.repeated(3)).toEqual([]);
  });

  test('is not what another one sends at the same time, nor what goes on after its end', async () => {
    const [one, other] = [new RequestStatements(), new RequestStatements()];
    await Promise.all([
      countingFor(one, async () => {
        await read();
        one.end();
        await read();
      }),
      countingFor(other, async () => {
        await read();
        await read();
      }),
    ]);
    expect([one.count, other.count]).toEqual([1, 2]);
  });
});

/** What is logged meanwhile of statements that take longer than this. */
function watching(slowMs: number, clock = new FakeClock()) {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('test', 'warn', { write: (line) => void lines.push(JSON.parse(line)) });
  return { clock, lines, [Symbol.dispose]: logSlowStatements(logger, { clock, slowMs })[Symbol.dispose] };
}
const sleep = () => database.queryInTenant(tenant, { text: "select pg_sleep($1), 'a literal' as t", values: [0.06] });

describe('a slow statement', () => {
  test('is logged with its plan, and with no value', async () => {
    using log = watching(50);
    await read();
    await sleep();
    await expect.poll(() => log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatchObject({
      msg: 'a statement was slow',
      statement: "select pg_sleep($1), '…' as t",
      plan: expect.stringMatching(/^Result \(rows 1, cost/),
    });
    expect(log.lines[0]?.['tookMs']).toBeGreaterThanOrEqual(50);
    expect(JSON.stringify(log.lines)).not.toMatch(/0\.06|a literal/);
  });

  test('is planned as its own role sees it, with the index that it uses, by nobody else', async () => {
    const plans: (string | undefined)[] = [];
    using _ = onStatement(({ explain }) => void explain().then((plan) => plans.push(outline(plan))));
    await read();
    await expect.poll(() => plans).toHaveLength(1);
    expect(plans[0]).toMatch(/(Index|Seq) Scan on tenant/);
    expect(plans[0]).not.toContain(tenant);
  });

  test('is told of once a minute, with how many there were, and planned once an hour', async () => {
    using log = watching(50);
    for (let times = 0; times < 3; times += 1) await sleep();
    await expect.poll(() => log.lines).toHaveLength(1);
    log.clock.advance(60_000);
    await sleep();
    await expect.poll(() => log.lines).toHaveLength(2);
    expect(log.lines[1]).toMatchObject({ more: 2 });
    expect(log.lines[1]).not.toHaveProperty('plan');
    log.clock.advance(60 * 60_000);
    await sleep();
    await expect.poll(() => log.lines[2]).toHaveProperty('plan');
  });

  test('that fails is logged too, and one that changes something is not carried out again', async () => {
    using log = watching(0);
    const name = () => read().then(([row]) => row?.['name']);
    await database.queryInTenant(tenant, {
      text: 'update tenant set name = name || $2 where id = $1',
      values: [tenant, '+'],
    });
    const told = () => log.lines.find(({ statement }) => String(statement).startsWith('update tenant'));
    await expect.poll(told).toHaveProperty('plan');
    expect(told()?.['plan']).toMatch(/^ModifyTable/);
    expect(await name()).toBe(`${tenant}+`);
    await expect(database.queryInTenant(tenant, { text: 'select nothing from nowhere' })).rejects.toThrow();
    await expect.poll(() => log.lines.map(({ statement }) => statement)).toContain('select nothing from nowhere');
  });
});

test('literals are left out, however they are quoted', () => {
  expect(withoutLiterals(`select 'it''s', $$dollar$$, $tag$a 'b' $$ c$tag$\n  from "t" where a = $1`)).toBe(
    `select '…', '…', '…' from "t" where a = $1`,
  );
  expect(withoutLiterals('x'.repeat(5_000))).toHaveLength(1_000);
});

test('a plan is outlined without conditions, to twenty nodes', () => {
  const node = (depth: number): object => ({
    'Node Type': 'Nested Loop',
    Filter: "(a = 'secret')",
    'Plan Rows': 1,
    'Total Cost': 2,
    ...(depth > 0 ? { Plans: [node(depth - 1)] } : {}),
  });
  const lines = outline([{ Plan: node(40) }])?.split('\n') ?? [];
  expect(lines).toHaveLength(20);
  expect(lines[1]).toBe('  Nested Loop (rows 1, cost 2)');
  expect(lines.join()).not.toContain('secret');
  expect(outline('nothing')).toBeUndefined();
});
