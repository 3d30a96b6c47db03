import { rename, rm, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createApplication, createUser } from '#test/sandbox/world/applications.ts';
import type { DatabaseService } from '#test/database.ts';
import { worldOfThisFile } from './world/file-world.ts';
import { eventually, type Customer } from './world/world.ts';

const world = await worldOfThisFile();
const [a, b] = await Promise.all([world.customer('Acme'), world.customer('Bolt')]);

const statusOf = async ({ id }: Customer): Promise<string | undefined> => {
  const { body } = await world.doors.public({ path: `/v1/tenants/${id}`, session: world.owner });
  return (body as { session: { status: string } | null }).session?.status;
};
const post = (of: Customer, what: 'suspend' | 'resume') =>
  world.doors.public({
    method: 'POST',
    path: `/v1/tenants/${of.id}/${what}`,
    session: world.owner,
    ...(what === 'suspend' ? { body: { reason: 'test' } } : {}),
  });
const identified = (of: Customer) =>
  world.parts.sandbox.requestLog
    .since()
    .filter(
      ({ kind, ...entry }) =>
        kind === 'identify' && 'applicationId' in entry && entry.applicationId === of.applicationId,
    ).length;

describe("a tenant's sealed token", () => {
  it("cannot be opened in another tenant's row, and gives nobody the identity of the other bot", async () => {
    const { rows } = await world.admin.query<{ sealed: Buffer }>(
      'select sealed from application_credential where tenant_id = $1',
      [b.id],
    );
    await post(b, 'suspend');
    await eventually('B is closed', async () => (await statusOf(b)) === 'none');
    await world.admin.query(
      'update application_credential set sealed = (select sealed from application_credential where tenant_id = $1) where tenant_id = $2',
      [a.id, b.id],
    );
    const before = identified(a);

    const resumed = await post(b, 'resume');
    expect(resumed.status, resumed.text).toBeGreaterThanOrEqual(400);
    expect(await statusOf(b)).not.toBe('connected');
    const asked = await world.doors.call(b.bot, { path: `/discord-edge/v1/tenants/${b.id}/rest/users/@me` });
    expect(asked.status).toBeGreaterThanOrEqual(400);
    expect(asked.text).not.toContain(a.applicationId);
    expect(identified(a)).toBe(before);
    expect(await statusOf(a)).toBe('connected');

    await world.admin.query('update application_credential set sealed = $1 where tenant_id = $2', [
      rows[0]?.sealed,
      b.id,
    ]);
    await world.admin.query("update tenant set status = 'suspended' where id = $1", [b.id]);
    expect(await post(b, 'resume')).toMatchObject({ status: 200 });
    await eventually('B is back with its own', async () => (await statusOf(b)) === 'connected');
  });

  it('cannot be opened with one bit changed, nor cut in half', async () => {
    const { rows } = await world.admin.query<{ sealed: Buffer }>(
      'select sealed from application_credential where tenant_id = $1',
      [b.id],
    );
    const sealed = rows[0]?.sealed ?? Buffer.alloc(0);
    const edited = Buffer.from(sealed);
    edited[edited.length - 20] = (edited[edited.length - 20] ?? 0) ^ 1;
    for (const broken of [edited, sealed.subarray(0, sealed.length / 2)]) {
      await post(b, 'suspend');
      await eventually('B is closed', async () => (await statusOf(b)) === 'none');
      await world.admin.query('update application_credential set sealed = $1 where tenant_id = $2', [broken, b.id]);
      const before = identified(b);
      expect((await post(b, 'resume')).status).toBeGreaterThanOrEqual(400);
      expect(identified(b)).toBe(before);
      await world.admin.query('update application_credential set sealed = $1 where tenant_id = $2', [sealed, b.id]);
      await world.admin.query("update tenant set status = 'active' where id = $1", [b.id]);
    }
  });

  it('is not accepted or stored while keys are unavailable, and is accepted once they are back', async () => {
    const tenant = await world.bareTenant('created');
    const { world: discord } = world.parts.sandbox;
    const { token } = createApplication(discord, 'Late', createUser(discord, 'Late').id);
    const store = () =>
      world.doors.public({ method: 'PUT', path: `/v1/tenants/${tenant}/token`, session: world.owner, body: { token } });
    const away = `${world.parts.edgeKeys.folder}-away`;
    await rename(world.parts.edgeKeys.folder, away);
    await writeFile(world.parts.edgeKeys.folder, 'not a folder');
    const before = await world.state();
    try {
      const refused = await store();
      expect(refused.status, refused.text).toBeGreaterThanOrEqual(500);
      expect(refused.text).not.toContain(token);
      expect(await world.state()).toBe(before);
    } finally {
      await rm(world.parts.edgeKeys.folder);
      await rename(away, world.parts.edgeKeys.folder);
    }
    const stored = await store();
    expect(stored.status, stored.text).toBe(200);
  });
});

describe("a service's role in the database", () => {
  const services: readonly DatabaseService[] = ['identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor'];
  const tables = async (): Promise<string[]> => {
    const { rows } = await world.admin.query<{ name: string }>(
      "select table_name as name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id' union select 'tenant'",
    );
    return rows.map(({ name }) => name);
  };
  /** How many rows of each table this role sees; undefined if it has no access. */
  const seen = async (
    service: DatabaseService,
    tenant: string | undefined,
  ): Promise<Map<string, number | undefined>> => {
    const client = new pg.Client({ connectionString: world.parts.database.urlOf(service) });
    await client.connect();
    try {
      if (tenant !== undefined) await client.query("select set_config('app.tenant', $1, false)", [tenant]);
      const counts = new Map<string, number | undefined>();
      for (const table of await tables()) {
        const count = await client.query<{ count: string }>(`select count(*) from ${table}`).catch(() => undefined);
        counts.set(table, count && Number(count.rows[0]?.count));
      }
      return counts;
    } finally {
      await client.end();
    }
  };

  it.each(services)(
    '%s sees no tenant rows while its transaction names no tenant or one that does not exist',
    async (service) => {
      for (const tenant of [undefined, '', '%', 'ten_01h2xcejqtf2nbrexx3vqjhp41', `${a.id},${b.id}`]) {
        const counts = await seen(service, tenant);
        expect(
          [...counts.values()].filter((count) => count !== undefined && count > 0),
          `${tenant}`,
        ).toEqual([]);
      }
    },
  );

  it('sees only the rows of the tenant that it names', async () => {
    const own = await seen('api', a.id);
    expect(own.get('tenant')).toBe(1);
    expect(own.get('tenant_member')).toBe(1);
    const all = await world.admin.query('select 1 from tenant');
    expect(all.rowCount).toBeGreaterThan(1);
  });

  it('has access to Discord tokens only if it is the edge', async () => {
    const tokens = async (service: DatabaseService, columns: string) => {
      const client = new pg.Client({ connectionString: world.parts.database.urlOf(service) });
      await client.connect();
      try {
        await client.query("select set_config('app.tenant', '*', false)");
        return (await client.query(`select ${columns} from application_credential`)).rowCount;
      } finally {
        await client.end();
      }
    };
    for (const service of services.filter((name) => name !== 'edge')) {
      for (const columns of ['sealed', '*', 'octet_length(sealed)', 'checked_at'])
        await expect(tokens(service, columns), `${service} reads ${columns}`).rejects.toMatchObject({ code: '42501' });
      // The api shows in timelines what has become of a token.
      if (service !== 'api') expect((await seen(service, '*')).get('application_credential'), service).toBeUndefined();
    }
    expect(await tokens('edge', 'sealed')).toBeGreaterThanOrEqual(2);
  });

  it('of the token service sees no tenant data, even when it asks for all tenants', async () => {
    const counts = await seen('identity', '*');
    expect([...counts.values()].every((count) => count === undefined || count === 0)).toBe(true);
  });
});
