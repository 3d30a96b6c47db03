import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Deletion } from '#tenants/deletion/deletions.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { personOnly } from '../operation-access.ts';
import type { ApiPorts, ApiRoutes } from './api-routes.ts';

const tags = ['Deletions'];

const deletionSchema = z.object({
  id: z.string(),
  tenant: z.string(),
  /** Who asked for it, as in the audit log. */
  requestedBy: z.string(),
  requestedAt: z.iso.datetime(),
  /** When the last of the tenant's data was removed; null while the deletion continues. */
  endedAt: z.iso.datetime().nullable(),
  /** Whether its certificate can be read, which takes some seconds longer. */
  certified: z.boolean(),
});

/** The deletions of tenants and their certificates, for whoever asked for one, and for operators. */
export const deletionRoutes: ApiRoutes = (app, ports) => {
  const { access, caller, deletions, pages, config } = ports;

  app.get(
    '/v1/deletions',
    {
      config: { ...config, access: personOnly(), problems: [403] },
      schema: {
        operationId: 'listDeletions',
        tags,
        summary: 'Returns the deletions of tenants that you asked for, oldest first; for operators, all of them',
        querystring: pageQuery,
        response: { 200: z.object({ items: z.array(deletionSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const reader = await readerOf(ports, request);
      const { subject, isOperator } = reader;
      const page = pages.open({ operation: 'listDeletions', filter: [subject, isOperator] }, request.query, z.string());
      const found = await deletions.page({ ...page, ...(isOperator ? {} : { requestedBy: subject }) });
      const { rows, nextCursor } = page.of(found, ({ id }) => id);
      return { items: rows.map(show), nextCursor };
    },
  );

  app.get(
    '/v1/deletions/key',
    {
      config: { ...config, access: personOnly(), problems: [502] },
      schema: {
        operationId: 'readDeletionKey',
        tags,
        summary: 'Returns the public key that verifies certificates of deletion. Keep it separate from them',
        response: { 200: z.object({ key: z.string() }) },
      },
    },
    async (request) => {
      await access.subjectOf(request);
      return caller.json(addressOf('worker', 'GET /v1/deletions/key'), z.object({ key: z.string() }));
    },
  );

  app.get(
    '/v1/deletions/:deletion/certificate',
    {
      config: { ...config, access: personOnly(), problems: [403, 404, 409] },
      schema: {
        operationId: 'readDeletionCertificate',
        tags,
        summary: 'Returns the certificate of a deletion: a note that the platform has signed, verifiable offline',
        params: z.object({
          deletion: z.string().regex(/^del_[0-9a-hjkmnp-tv-z]{26}$/, 'must be the id of a deletion'),
        }),
        response: { 200: { description: 'The certificate', content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (request, reply) => {
      const { subject, isOperator } = await readerOf(ports, request);
      const found = await deletions.find(request.params.deletion);
      // 404 also for another person's, so that nobody learns which exist.
      if (!found || (!isOperator && found.requestedBy !== subject))
        throw callerFault('deletion.unknown', 'There is no such deletion.', 404);
      if (found.certificate === null)
        throw callerFault('deletion.unfinished', 'The deletion has not been certified yet. Try again shortly.', 409);
      return reply
        .type('text/plain; charset=utf-8')
        .header('content-disposition', `attachment; filename="${found.id}.txt"`)
        .send(found.certificate);
    },
  );
};

async function readerOf({ access }: Pick<ApiPorts, 'access'>, request: FastifyRequest) {
  const subject = await access.subjectOf(request);
  const isOperator = (await access.identityOf(request)).operator !== undefined;
  if (isOperator) await access.require(request, 'operator.read');
  return { subject, isOperator };
}

const show = ({ id, tenant, requestedBy, requestedAt, endedAt, certificate }: Deletion) => ({
  id,
  tenant,
  requestedBy,
  requestedAt: requestedAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
  certified: certificate !== null,
});
