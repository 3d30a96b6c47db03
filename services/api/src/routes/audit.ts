import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { exportFile, fileFormats, fileStream, fileTypes } from '#security/audit/export-file.ts';
import { headerSchema, selectionSchema } from '#security/audit/export-format.ts';
import { openExport, type OpenExport } from '#security/audit/export.ts';
import { predecessorsIn } from '#security/audit/key-history.ts';
import { manifestOf, manifestSchema } from '#security/audit/manifest.ts';
import type { Access } from '../access.ts';
import { slotsOf } from '../stream-slots.ts';
import { pageQuery } from '../pages.ts';
import { personOrKey } from '../operation-access.ts';
import { inTenant, tenantParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';

const whatToExport = {
  ...selectionSchema.shape,
  format: z.enum(fileFormats).default('ndjson'),
  /** Size of an earlier checkpoint of this log. */
  consistentWith: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  /** Names an export that was started: the same bytes again. */
  cursor: pageQuery.shape.cursor,
};

const exportQuery = z.strictObject({
  ...whatToExport,
  gzip: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false),
  /** Continue after this many bytes of the file (counted without gzip); needs the cursor. */
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

const manifestQuery = z.strictObject(whatToExport);

/** Names an export that was started, signed: it is valid only for this tenant and this selection. */
const cursorHeader = 'export-cursor';

const begunSchema = z.strictObject({
  size: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
  exportedAt: headerSchema.shape.exportedAt,
});

/** The tenant's audit log: its public key and its export, which verifies offline (security/audit/FORMAT.md). */
export const auditRoutes: ApiRoutes = (app, ports) => {
  publicKey(app, ports);
  exports(app, ports);
};

const auditKeySchema = z.object({
  key: z.string(),
  /** Keys that signed before it, oldest first: each signed trees of up to `lastSize` records. */
  predecessors: z.array(z.object({ key: z.string(), lastSize: z.number().int().min(0), replacedAt: z.iso.datetime() })),
});

const publicKey: ApiRoutes = (app, ports) => {
  const { config } = ports;

  app.get(
    `${inTenant}/audit/key`,
    {
      config: { ...config, access: personOrKey('audit.read') },
      schema: {
        operationId: 'readAuditKey',
        tags: ['Audit'],
        summary:
          "Returns the public key of the tenant's log, for verifying exports, and the keys that it replaced. Keep it separate from exports",
        params: tenantParams,
        response: { 200: auditKeySchema },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      return keyOf(ports, tenant);
    },
  );
};

const exports: ApiRoutes = (app, ports) => {
  const { access, config } = ports;
  // An export reads the whole log.
  const slots = slotsOf(app, ports, { kind: 'exports', perSubject: 3, total: 12 });

  app.get(
    `${inTenant}/audit/export`,
    {
      config: { ...config, access: personOrKey('audit.read'), problems: [409, 416] },
      schema: {
        operationId: 'exportAudit',
        tags: ['Audit'],
        summary: `Returns the log, or a selection of it, as a file that can be verified offline. The header ${cursorHeader} holds the cursor for resuming an interrupted download`,
        params: tenantParams,
        querystring: exportQuery,
        response: { 200: { description: 'The file', content: fileContent() } },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const allowed = access.of(request);
      const { gzip, offset, cursor: begun } = request.query;
      if (offset > 0 && begun === undefined)
        throw callerFault('audit.offset', 'To resume an export, send its cursor.', 400);
      const leave = await slots.take(allowed.subject);
      try {
        const isHead = request.method === 'HEAD';
        const { body, mediaType, extension, cursor } = await download(ports, tenant, {
          allowed,
          isHead,
          query: request.query,
        });
        body.once('close', leave);
        reply
          .type(gzip ? 'application/gzip' : mediaType)
          .header('content-disposition', `attachment; filename="audit-${tenant}.${extension}${gzip ? '.gz' : ''}"`)
          .header(cursorHeader, cursor);
        // Described as text, sent as a stream of it.
        return (reply as FastifyReply).send(body);
      } catch (error) {
        leave();
        throw error;
      }
    },
  );

  app.get(
    `${inTenant}/audit/export/manifest`,
    {
      config: { ...config, access: personOrKey('audit.read'), problems: [409] },
      schema: {
        operationId: 'readAuditManifest',
        tags: ['Audit'],
        summary: 'Returns what an export holds, its length and digest, and the cursor that yields exactly that file',
        params: tenantParams,
        querystring: manifestQuery,
        response: { 200: z.object({ manifest: manifestSchema, cursor: z.string() }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const allowed = access.of(request);
      const leave = await slots.take(allowed.subject);
      try {
        const { opened, cursor } = await open(ports, tenant, request.query);
        return { manifest: await manifestOf(opened, request.query.format), cursor };
      } finally {
        leave();
      }
    },
  );
};

const fileContent = () =>
  Object.fromEntries(
    [...Object.values(fileTypes).map(({ mediaType }) => mediaType), 'application/gzip'].map((mediaType) => [
      mediaType,
      { schema: z.string() },
    ]),
  );

/** The file, recorded before it is sent. A HEAD request takes nothing, and is not recorded. */
async function download(
  ports: ApiPorts,
  tenant: TenantId,
  { allowed, isHead, query }: { allowed: Access; isHead: boolean; query: z.output<typeof exportQuery> },
): Promise<{ body: Readable; mediaType: string; extension: string; cursor: string }> {
  const { gzip, offset, ...what } = query;
  const { opened, cursor } = await open(ports, tenant, what);
  const { cursor: _cursor, ...detail } = query;
  const exported = { kind: 'change', action: 'audit.export', outcome: 'succeeded', detail: defined(detail) } as const;
  if (!isHead) await ports.journal.add(allowed.record(exported));
  const bytes = exportFile(opened, what.format, offset);
  // The first part is generated before the response starts, so that a refusal is a response and not a broken stream.
  const first = await bytes.next();
  if (isHead) await bytes.return(undefined);
  const body = isHead ? Readable.from([]) : fileStream(startingWith(first, bytes), { gzip });
  return { body, cursor, ...fileTypes[what.format] };
}

async function open(
  { pages, database }: ApiPorts,
  tenant: TenantId,
  { cursor, format, consistentWith, ...selection }: z.output<typeof manifestQuery>,
): Promise<{ opened: OpenExport; cursor: string }> {
  const scope = { operation: 'exportAudit', tenant, filter: { format, consistentWith, selection } };
  const page = pages.open(scope, { limit: 1, cursor }, begunSchema);
  const opened = await openExport({
    database,
    tenant,
    selection,
    ...(page.after === undefined ? {} : { begun: page.after }),
    ...(consistentWith === undefined ? {} : { consistentWith }),
  });
  const { size, header } = opened;
  return { opened, cursor: page.cursorAt({ size, exportedAt: header.exportedAt }) };
}

async function* startingWith(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

const defined = <Value extends string | number | boolean>(
  values: Readonly<Record<string, Value | undefined>>,
): Record<string, Value> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== undefined));

async function keyOf({ records }: ApiPorts, tenant: TenantId): Promise<z.input<typeof auditKeySchema>> {
  const where = { tenantId: tenant };
  const found = await records.inTenant(tenant, async (rows) => ({
    row: await rows.auditKey.findUnique({ where }),
    successions: await rows.auditSuccession.findMany({ where, orderBy: { number: 'asc' } }),
  }));
  if (found.row) return { key: found.row.verifier, predecessors: predecessorsIn(found.successions) };
  throw callerFault('audit.no-key', 'No record of this tenant has been sealed yet. Try again in a second.', 404);
}
