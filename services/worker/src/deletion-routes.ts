import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { jobsSchema } from '#infra/jobs/schema.ts';
import { verifierOf } from '#security/audit/checkpoint.ts';
import { certifyDeletion } from '#tenants/deletion/certify.ts';
import type { CertificateKey } from '#tenants/deletion/signing-key.ts';

/** As the table of routes names what is no tenant: the id of a deletion. */
const paramsSchema = z.object({ any: z.string() });

/** Certificates of deletion, and the public key that verifies them. They name no tenant: by then it is gone. */
export function deletionRoutes(
  app: HttpApp,
  ports: {
    readonly database: Pick<Database, 'acrossTenants'>;
    readonly key: CertificateKey;
    readonly installation: string;
  },
): void {
  app.get('/v1/deletions/key', { config: { action: 'deletion.read' }, exposeHeadRoute: false }, async () => ({
    key: verifierOf(await ports.key.signer()),
  }));
  app.put('/v1/deletions/:any/certificate', { config: { action: 'deletion.certify' } }, async (request, reply) => {
    const { any: deletion } = paramsSchema.parse(request.params);
    await forgetJobs(ports.database, deletion);
    await certifyDeletion(ports, deletion);
    return reply.code(204).send();
  });
}

/** Jobs name the tenant that they are for, until they have found that it is gone. */
const forgetJobs = (database: Pick<Database, 'acrossTenants'>, deletion: string) =>
  database.acrossTenants((transaction) =>
    transaction.query(
      `delete from ${jobsSchema}.job where group_id = (select tenant from deletion where id = $1 and ended_at is not null)`,
      [deletion],
    ),
  );
