import type { AddressInfo } from 'node:net';
import process from 'node:process';
import fastify from 'fastify';
import pg from 'pg';

/** The baseline: fastify and pg with the same rows and no checks: every read is answered, every write is stored. */
process.on('disconnect', () => process.exit());
process.once('message', (message) => void serve((message as { databaseUrl: string }).databaseUrl));

interface Place {
  Params: { tenant: string; guild: string };
}

async function serve(databaseUrl: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const app = fastify();
  app.get<Place>('/v1/tenants/:tenant/guilds/:guild/policy', async ({ params: { tenant, guild } }) => {
    const { rows } = await pool.query({
      name: 'read',
      text: `select version, author, created_at as "createdAt", document as policy from guild_policy
             where tenant_id = $1 and guild_id = $2 order by version desc limit 1`,
      values: [tenant, guild],
    });
    return rows[0];
  });
  app.put<Place>('/v1/tenants/:tenant/guilds/:guild/policy', async ({ params: { tenant, guild }, body }) => {
    const { rows } = await pool.query({
      name: 'write',
      text: `insert into guild_policy (tenant_id, guild_id, version, document, author)
             select $1, $2, coalesce(max(version), 0) + 1, $3, 'bench' from guild_policy where tenant_id = $1 and guild_id = $2
             returning version, author, created_at as "createdAt", document as policy`,
      values: [tenant, guild, JSON.stringify(body)],
    });
    return rows[0];
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  process.send?.({ url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` });
}
