import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { auditWorld, someRecords, type AuditWorld } from '#test/audit-world.ts';
import { eraseFromLog, type Erasure } from './erase-from-log.ts';
import { exportFile } from './export-file.ts';
import { exportAudit, openExport, type ExportOptions } from './export.ts';
import type { AuditRecord } from './record.ts';
import { recordsFrom } from './sealed-records.ts';
import { verifyExport } from './verify.ts';

const user = snowflake('500000000000000001');
const other = snowflake('5000000000000000012');
let world: AuditWorld;

beforeAll(async () => {
  world = await auditWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const member = { type: 'discord-member', id: user } as const;
const asked = { onBehalfOf: member, optionsDigest: 'digest-of-what-they-entered' };

/** Seals records about the member among others. */
async function logWith(records: (tenant: TenantId) => readonly AuditRecord[]): Promise<TenantId> {
  const tenant = newTenantId();
  await using _sequencer = world.start();
  await world.write(tenant, [...someRecords(tenant, 300), ...records(tenant), ...someRecords(tenant, 5)]);
  await world.sealed();
  return tenant;
}

const erasureOf = (tenant: TenantId): Erasure => ({
  id: newId('era'),
  tenant,
  user,
  requestedAt: new Date(),
  by: { actor: { type: 'tenant-member', id: 'discord:1' } },
});
const step = (erasure: Erasure) => eraseFromLog({ database: world.worker, nowMs: Date.now() }, erasure);

/** To the end, while the log is being sealed. */
async function erase(erasure: Erasure): Promise<void> {
  await using _sequencer = world.start();
  while (!(await step(erasure))) await new Promise((resolve) => setTimeout(resolve, 20));
}

const linesOf = async (tenant: TenantId, options: Partial<ExportOptions> = {}) => {
  const lines: string[] = [];
  for await (const line of exportAudit({ database: world.api, tenant, ...options })) lines.push(line);
  return lines;
};
const keyIn = (lines: readonly string[]) => (JSON.parse(lines[0] ?? '') as { key: string }).key;
async function* text(content: string) {
  yield content;
}
const verify = (lines: readonly string[], earlier?: string) =>
  verifyExport(text(lines.join('')), { key: keyIn(lines), ...(earlier === undefined ? {} : { earlier }) });
const recordsOf = async (tenant: TenantId) =>
  (await recordsFrom({ database: world.api, tenant, selection: {} }, 0, 1_000)).records.flatMap(({ record }) =>
    record ? [record] : [],
  );

describe('the erasure of a member', () => {
  test('leaves their id nowhere in the log, and everything else as it was', async () => {
    const tenant = await logWith((of) => [
      ...someRecords(of, 1, asked),
      ...someRecords(of, 1, {
        target: `favourites:${user}`,
        reason: `for ${user}, and ${other}`,
        detail: { a: user, b: 1 },
      }),
      ...someRecords(of, 1, { onBehalfOf: { type: 'discord-member', id: other } }),
    ]);
    const before = await recordsOf(tenant);
    await erase(erasureOf(tenant));
    const after = await recordsOf(tenant);
    const found = JSON.stringify(after).replaceAll(other, '');
    expect(found).not.toContain(user);
    expect(found).not.toContain('digest-of-what-they-entered');
    expect(after[300]).toEqual({ ...before[300], onBehalfOf: { ...member, id: 'erased' }, optionsDigest: undefined });
    expect(after[301]).toMatchObject({
      target: 'favourites:erased',
      reason: `for erased, and ${other}`,
      detail: { a: 'erased', b: 1 },
    });
    const unnamed = (records: readonly AuditRecord[]) => records.filter((_, index) => index < 300 || index === 302);
    expect(unnamed(after)).toEqual(unnamed(before));
    const { rows } = await world.admin.query('select record from audit_leaf where tenant_id = $1', [tenant]);
    expect(JSON.stringify(rows).replaceAll(other, '')).not.toContain(user);
  });

  test('keeps what somebody did, or became, as a member of the tenant', async () => {
    const administrator = { type: 'tenant-member', id: `discord:${user}` } as const;
    const kept = (of: TenantId) => [
      ...someRecords(of, 1, { actor: administrator, action: 'policy.write' }),
      ...someRecords(of, 1, { target: `member:discord:${user}`, action: 'member.write' }),
    ];
    const tenant = await logWith(kept);
    const before = await recordsOf(tenant);
    await erase(erasureOf(tenant));
    expect((await recordsOf(tenant)).slice(0, before.length)).toEqual(before);
    expect((await recordsOf(tenant)).at(-1)).toMatchObject({ action: 'member.erase', detail: { records: 0 } });
  });

  test('is announced in the log before it is done, with the number of records, and once however often it is repeated', async () => {
    const tenant = await logWith((of) => someRecords(of, 3, asked));
    const erasure = erasureOf(tenant);
    expect(await step(erasure)).toBe(false);
    // Not sealed yet: nothing is redacted, and nothing announced again.
    expect(await step(erasure)).toBe(false);
    expect(JSON.stringify(await recordsOf(tenant))).toContain(user);
    await erase(erasure);
    await erase(erasure);
    const announcements = (await recordsOf(tenant)).filter(({ action }) => action === 'member.erase');
    expect(announcements).toMatchObject([
      { kind: 'change', outcome: 'allowed', target: `erasure:${erasure.id}`, detail: { records: 3, size: 308 } },
    ]);
    expect(JSON.stringify(announcements)).not.toContain(user);
  });

  test('waits for records that were journalled before it was asked for', async () => {
    const tenant = await logWith((of) => someRecords(of, 1, asked));
    await world.write(tenant, someRecords(tenant, 1, asked));
    const erasure = { ...erasureOf(tenant), requestedAt: new Date(Date.now() + 1_000) };
    expect(await step(erasure)).toBe(false);
    await erase(erasure);
    expect(JSON.stringify(await recordsOf(tenant))).not.toContain(user);
  });

  test('of two members adds up', async () => {
    const tenant = await logWith((of) => [
      ...someRecords(of, 1, { ...asked, target: `queue:${other}` }),
      ...someRecords(of, 2, asked),
    ]);
    await erase(erasureOf(tenant));
    await erase({ ...erasureOf(tenant), user: other });
    expect((await recordsOf(tenant))[300]).toMatchObject({ onBehalfOf: { id: 'erased' }, target: 'queue:erased' });
    expect(await verify(await linesOf(tenant))).toMatchObject({ ok: true, redacted: 3 });
  });
});

describe('after an erasure', () => {
  test('the log verifies, and so does an export from before, and the one continues the other', async () => {
    const tenant = await logWith((of) => someRecords(of, 3, asked));
    const before = await linesOf(tenant);
    await erase(erasureOf(tenant));
    const after = await linesOf(tenant);
    const { checkpoint } = JSON.parse(before[0] ?? '') as { checkpoint: string };
    expect(await verify(before)).toMatchObject({ ok: true, redacted: 0 });
    expect(await verify(after, checkpoint)).toMatchObject({ ok: true, problems: [], redacted: 3 });
    expect(after.join('')).not.toContain(user);
    const selection = { action: 'player.skip', outcome: 'allowed' } as const;
    expect(await verify(await linesOf(tenant, { selection }))).toMatchObject({ ok: true, redacted: 3 });
  });

  test.each(['csv', 'ocsf'] as const)('an export as %s verifies, with what is left of the record', async (format) => {
    const tenant = await logWith((of) => someRecords(of, 1, asked));
    await erase(erasureOf(tenant));
    const opened = await openExport({ database: world.api, tenant });
    let file = '';
    for await (const chunk of exportFile(opened, format)) file += chunk.toString();
    expect(file).toContain('erased');
    expect(await verifyExport(text(file), { key: opened.header.key })).toMatchObject({ ok: true, redacted: 1 });
  });

  test('a redaction that the log does not announce is found, and so is a changed hash', async () => {
    const tenant = await logWith((of) => someRecords(of, 2, asked));
    await erase(erasureOf(tenant));
    await world.admin.query(
      'update audit_leaf set redacted = redacted || array[0] where tenant_id = $1 and leaf_index = 0',
      [tenant],
    );
    await world.admin.query(
      'update audit_leaf set redacted = array[0] where tenant_id = $1 and leaf_index = 0 and redacted is null',
      [tenant],
    );
    const lines = await linesOf(tenant);
    expect(await verify(lines)).toMatchObject({ ok: false, redacted: 3, problems: [{ kind: 'unannounced' }] });
    const forged = lines.map((line) =>
      line.includes('"redacted"')
        ? line.replace(/"hash":"./, (start) => `${start.slice(0, -1)}${start.endsWith('A') ? 'B' : 'A'}`)
        : line,
    );
    const { ok, problems } = await verify(forged);
    expect(ok).toBe(false);
    expect(problems.map(({ kind }) => kind)).toContain('edited');
  });

  test('a line that is both a record and redacted is refused', async () => {
    const tenant = await logWith((of) => someRecords(of, 1, asked));
    const lines = await linesOf(tenant);
    const both = lines.map((line) => line.replace(/,"record":(\{.*\})\}\n$/, ',"record":$1,"redacted":$1}\n'));
    expect((await verify(both)).problems.map(({ kind }) => kind)).toContain('malformed');
  });
});
