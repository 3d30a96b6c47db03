import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { exportAudit } from '#security/audit/export.ts';
import { selectionSchema } from '#security/audit/export-format.ts';
import { inTenant, tenantParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';

const exportQuery = z.strictObject({
  ...selectionSchema.shape,
  /** Size of an earlier checkpoint of this log. */
  consistentWith: z.coerce.number().int().min(0).optional(),
});

/** The tenant's audit log: its public key and its export, which verifies offline (security/audit/FORMAT.md). */
export const auditRoutes: ApiRoutes = (app, ports) => {
  const { access, config, database } = ports;

  app.get(
    `${inTenant}/audit/key`,
    {
      config,
      schema: {
        operationId: 'readAuditKey',
        tags: ['Audit'],
        summary: "The public key of the tenant's log, with which exports verify; keep it apart from them",
        params: tenantParams,
        response: { 200: z.object({ key: z.string() }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      await access.require(request, 'audit.read', { tenant });
      return { key: await keyOf(ports, tenant) };
    },
  );

  app.get(
    `${inTenant}/audit/export`,
    {
      config: { ...config, problems: [409] },
      schema: {
        operationId: 'exportAudit',
        tags: ['Audit'],
        summary: 'The log, or a selection of it, as NDJSON with its signed checkpoint and proofs',
        params: tenantParams,
        querystring: exportQuery,
        response: {
          200: { description: 'One JSON value a line', content: { 'application/x-ndjson': { schema: z.string() } } },
        },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const allowed = await access.require(request, 'audit.read', { tenant });
      const { consistentWith, ...selection } = request.query;
      await ports.journal.add(allowed.record({ kind: 'change', action: 'audit.export', outcome: 'succeeded' }));
      const lines = exportAudit({
        database,
        tenant,
        selection,
        ...(consistentWith === undefined ? {} : { consistentWith }),
      });
      // The first line is made before anything is answered, so that a refusal is an answer and not a broken stream.
      const first = await lines.next();
      reply.type('application/x-ndjson').header('content-disposition', `attachment; filename="audit-${tenant}.ndjson"`);
      // What is described as text is sent as a stream of it.
      return (reply as FastifyReply).send(Readable.from(startingWith(first, lines)));
    },
  );
};

async function* startingWith(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

async function keyOf({ records }: ApiPorts, tenant: Parameters<ApiPorts['records']['inTenant']>[0]): Promise<string> {
  const row = await records.inTenant(tenant, (rows) => rows.auditKey.findUnique({ where: { tenantId: tenant } }));
  if (row) return row.verifier;
  throw callerFault('audit.no-key', 'Nothing of this tenant has been sealed yet. Try again in a second.', 404);
}
