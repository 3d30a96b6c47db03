import pg from 'pg';
import { newTenantId } from '#infra/kernel/ids.ts';
import { startReplica } from '#infra/leases/testing/replica.ts';
import { benchDatabase } from '../database.ts';

const leases = 10_000;
/** Two that renew rarely, so that only the hand-over moves leases. */
const timing = { beatMs: 60_000, lifetimeMs: 600_000, certainMs: 600_000, settlingMs: 0 };

const untilTrue = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

/**
 * How long a process that leaves takes to hand over ten thousand leases for which nothing has to be ended, until another has
 * taken all of them; beside it, two statements that free and take as many rows without any process.
 */
export async function measureHandOver(rounds: number): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const server = await benchDatabase(['supervisor'], { durable: true }, stack);
  const admin = stack.adopt(new pg.Pool({ connectionString: server.adminUrl, max: 2 }), (pool) => pool.end());
  const tenants = Array.from({ length: leases }, newTenantId);
  await admin.query('insert into tenant (id, name) select id, id from unnest($1::text[]) as id', [tenants]);
  const tookMs: number[] = [];
  const rawMs: number[] = [];
  let port = 0;
  const join = () => {
    port += 1;
    return startReplica({ url: server.url, address: `https://127.0.0.1:${port}`, replicas: 1, timing });
  };
  let one = await join();
  for (let round = 0; round < rounds; round += 1) {
    await untilTrue(() => one.acting.size === leases);
    const other = await join();
    const began = performance.now();
    const leaving = one.leases.leave();
    await untilTrue(() => other.acting.size === leases);
    tookMs.push(performance.now() - began);
    await leaving;
    await one[Symbol.asyncDispose]();
    one = other;
    const raw = performance.now();
    const moved = await admin.query('begin; update tenant_lease set replica_id = null; rollback;');
    if (!Array.isArray(moved)) throw new Error('no result');
    await admin.query('begin; update tenant_lease set token = token + 1; rollback;');
    rawMs.push(performance.now() - raw);
  }
  await one[Symbol.asyncDispose]();
  const medianOf = (all: readonly number[]): number =>
    all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
  const [took, raw] = [medianOf(tookMs), medianOf(rawMs)];
  console.log(
    `hand-over of ${leases} leases: ${(took / 1_000).toFixed(2)} s (${tookMs.map((ms) => (ms / 1_000).toFixed(2)).join(', ')}); ` +
      `two statements over as many rows: ${(raw / 1_000).toFixed(2)} s`,
  );
  return `hand-over of ${leases} leases ${(took / 1_000).toFixed(2)} s (at most 5), ${(took / raw).toFixed(1)} of two statements`;
}
