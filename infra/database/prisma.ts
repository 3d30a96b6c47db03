import { PrismaPg } from '@prisma/adapter-pg';
import type { TenantId } from '#infra/kernel/ids.ts';
import { PrismaClient, type Prisma } from './generated/client.ts';
import { openPool } from './connections.ts';
import { asDatabaseError } from './database-errors.ts';
import type { Transaction } from './pool.ts';

/** Typed access to the rows that one transaction may see. */
export type Rows = Prisma.TransactionClient;

/**
 * Prisma for the control plane (api): as in pool.ts, every use is a transaction that declares whose rows it may see.
 * The hot paths (proxy, edge, audio) use pg directly, for memory and speed.
 */
export interface Records extends AsyncDisposable {
  /** `statements` is the same transaction, for what is written as SQL (the audit journal). */
  inTenant<Result>(tenant: TenantId, work: (rows: Rows, statements: Transaction) => Promise<Result>): Promise<Result>;
  acrossTenants<Result>(work: (rows: Rows, statements: Transaction) => Promise<Result>): Promise<Result>;
}

export function openRecords(settings: { url: string; maxConnections: number }): Records {
  const adapter = new PrismaPg(openPool(settings), { disposeExternalPool: true });
  const client = new PrismaClient({ adapter });
  const run = <Result>(scope: string, work: (rows: Rows, statements: Transaction) => Promise<Result>) =>
    client
      .$transaction(
        async (rows) => {
          await rows.$queryRaw`select set_config('app.tenant', ${scope}, true)`;
          return work(rows, statementsOf(rows));
        },
        { maxWait: 5_000, timeout: 10_000 },
      )
      .catch((error: unknown) => {
        throw asDatabaseError(error);
      });
  return {
    inTenant: (tenant, work) => run(tenant, work),
    acrossTenants: (work) => run('*', work),
    async [Symbol.asyncDispose]() {
      await client.$disconnect();
    },
  };
}

/** Lets code that is written against a pg transaction take part in Prisma's. */
function statementsOf(rows: Rows): Transaction {
  const query = async (statement: string | { text: string; values?: unknown[] }, given: readonly unknown[] = []) => {
    const [text, values] =
      typeof statement === 'string' ? [statement, given] : [statement.text, statement.values ?? []];
    const result = await rows.$queryRawUnsafe<unknown[]>(text, ...values);
    return { rows: result, rowCount: result.length };
  };
  return { query } as unknown as Transaction;
}
