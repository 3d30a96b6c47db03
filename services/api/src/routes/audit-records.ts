import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { selectionSchema, type Selection } from '#security/audit/export-format.ts';
import { containing, maxSearchLength } from '#security/audit/narrowing.ts';
import { auditRecordSchema } from '#security/audit/record.ts';
import { recordsBefore, recordsFrom, sizeOf, type SealedRecord } from '#security/audit/sealed-records.ts';
import { byPeople } from '../audit/people.ts';
import { recordStream, type RecordStream } from '../audit/record-stream.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { personOrKey } from '../operation-access.ts';
import { eventStreamOf } from '../server-sent-events.ts';
import { slotsOf } from '../stream-slots.ts';
import { inTenant, tenantParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';

const indexSchema = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

export const sealedRecordSchema = z.strictObject({
  index: indexSchema,
  sealedAt: z.iso.datetime(),
  record: auditRecordSchema.nullable(),
});

const narrowingShape = {
  /** `people`: members' commands and customers' changes, without what the platform does by itself. */
  by: z.enum(['people']).optional(),
  /** Found in any value of a record, ignoring case: actions, commands, reasons, rules, targets, ids, details. */
  text: z.string().trim().min(1).max(maxSearchLength).optional(),
};
const listQuery = z.strictObject({ ...selectionSchema.shape, ...narrowingShape, ...pageQuery.shape });
const { from: _from, to: _to, ...following } = selectionSchema.shape;
const streamQuery = z.strictObject({
  ...following,
  ...narrowingShape,
  /** The last known index; without it the stream starts with what is sealed next. */
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
});

const lastEventId = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);

/** A tenant's audit log for people: page by page, and as it grows. */
export const auditRecordRoutes: ApiRoutes = (app, ports) => {
  const { access, config } = ports;
  const slots = slotsOf(app, ports, { kind: 'audit streams', perSubject: 8, total: 500 });

  app.get(
    `${inTenant}/audit/records`,
    {
      config: { ...config, access: personOrKey('audit.read') },
      schema: {
        operationId: 'listAuditRecords',
        tags: ['Audit'],
        summary:
          'Returns sealed records, newest first. A page may hold fewer records than requested, or none, and still have a next page',
        params: tenantParams,
        querystring: listQuery,
        response: { 200: z.object({ items: z.array(sealedRecordSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const { limit, cursor, ...filter } = request.query;
      const scope = { operation: 'listAuditRecords', tenant, filter };
      const page = ports.pages.open(scope, { limit, cursor }, indexSchema);
      const { records, before } = await recordsBefore(
        { database: ports.database, tenant, ...chosenBy(filter) },
        page.after,
        limit,
      );
      return { items: [...records], nextCursor: before === undefined ? null : page.cursorAt(before) };
    },
  );

  app.get(
    `${inTenant}/audit/stream`,
    {
      config: { ...config, access: personOrKey('audit.read'), problems: [429] },
      schema: {
        operationId: 'followAudit',
        tags: ['Audit'],
        summary:
          'Streams records as they are sealed, each as an event whose id is its index; resumes after Last-Event-ID',
        params: tenantParams,
        querystring: streamQuery,
        response: { 200: eventStreamOf({ record: sealedRecordSchema }) },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      const { subject } = access.of(request);
      const { after, ...filter } = request.query;
      const known = lastIndexOf(request) ?? after;
      const begin = known === undefined ? await sizeOf({ database: ports.database, tenant }) : known + 1;
      const leave = await slots.take(subject);
      const stream = recordStream(reply, { clock: ports.clock, onClose: leave });
      const stillAllowed = async () => {
        const standing = await access.standing(request, 'audit.read', { tenant });
        return standing === 'allowed' || standing === 'undecided';
      };
      await follow({ ports, tenant, chosen: chosenBy(filter), stream, stillAllowed }, begin).catch((error: unknown) => {
        request.log.warn({ err: error }, 'a stream of audit records ended');
      });
      stream.close();
    },
  );
};

/** An export accepts only a selection; the other filters of a list are for people. */
function chosenBy({ by, text, ...selection }: Selection & z.output<z.ZodObject<typeof narrowingShape>>) {
  return { selection, narrowings: [...(by ? [byPeople] : []), ...(text === undefined ? [] : [containing(text)])] };
}

function lastIndexOf(request: FastifyRequest): number | undefined {
  const given = request.headers['last-event-id'];
  if (given === undefined) return undefined;
  const parsed = lastEventId.safeParse(given);
  if (parsed.success) return parsed.data;
  throw callerFault('audit.last-event-id', 'Last-Event-ID must be the id of an event of this stream: a number.', 400);
}

interface Following {
  readonly ports: ApiPorts;
  readonly tenant: TenantId;
  readonly chosen: ReturnType<typeof chosenBy>;
  readonly stream: RecordStream;
  /** False once the sign-in has ended or the permission is gone. */
  readonly stillAllowed: () => Promise<boolean>;
}

const pageRecords = 100;
/** How often it checks without a notification, and whether the reader is still permitted. */
const lookAgainMs = 5_000;

async function follow({ ports, tenant, chosen, stream, stillAllowed }: Following, begin: number): Promise<void> {
  const { clock, database, sealed } = ports;
  let wake: () => void = () => undefined;
  let grown = true;
  const tell = () => {
    grown = true;
    wake();
  };
  const unfollow = sealed.onGrown(tenant, tell);
  stream.signal.addEventListener('abort', tell, { once: true });
  try {
    for (let next = begin; !stream.signal.aborted;) {
      grown = false;
      const page = await recordsFrom({ database, tenant, ...chosen }, next, pageRecords);
      next = page.next;
      for (const record of page.records) await stream.send(eventOf(record));
      if (page.more || grown) continue;
      const cancel = clock.after(lookAgainMs, tell);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (grown) resolve();
      });
      cancel();
      if (!(await stillAllowed())) return;
    }
  } finally {
    unfollow();
  }
}

const eventOf = (sealed: SealedRecord) => ({ event: 'record', id: String(sealed.index), data: sealed });
