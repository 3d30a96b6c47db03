import { z } from 'zod';
import { tenantStatuses } from '#infra/database/tenant-status.ts';
import type { Transaction } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { credentialAggregate } from '#tenants/credential/credential-aggregate.ts';
import {
  credentialEventSchemas,
  credentialStateSchema,
  credentialStatuses,
  refusals,
  type CredentialState,
} from '#tenants/credential/credential-events.ts';
import { tenantAggregate } from '#tenants/tenant/tenant-aggregate.ts';
import { tenantEventSchemas, tenantStateSchema, type TenantState } from '#tenants/tenant/tenant-events.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import { personOrKey } from '../operation-access.ts';
import { inTenant, tenantParams, type ApiPorts, type ApiRoutes } from './api-routes.ts';
import { shownName } from './shown-name.ts';

export const instant = z.iso.datetime({ offset: true });

const lastSchema = z.object({ type: z.string(), by: z.string(), at: z.iso.datetime() }).nullable();

/** A tenant and its Discord token at a moment. */
export const pastTenantSchema = {
  /** Null if it did not exist, or what it was is not known any more. */
  tenant: z
    .object({
      name: z.string(),
      status: z.enum(tenantStatuses),
      reason: z.string().nullable(),
      suspendedBy: z.string().nullable(),
      applicationId: z.string().nullable(),
      botUsername: z.string().nullable(),
      /** What had last changed by then; null if that is no longer kept. */
      last: lastSchema,
    })
    .nullable(),
  /** Null if that is not known any more. */
  credential: z
    .object({
      /** none: no token was stored. stored: checked, but the bot had not connected with it yet. */
      state: z.enum(['none', ...credentialStatuses]),
      applicationId: z.string().nullable(),
      /** Why Discord refused it. */
      refusal: z.enum(refusals).nullable(),
      /** Of the tenant's key that sealed it. */
      keyVersion: z.number().int().nullable(),
      last: lastSchema,
    })
    .nullable(),
};

const eventSchema = z.union(
  Object.entries({ ...tenantEventSchemas, ...credentialEventSchemas }).map(([type, data]) =>
    z.object({
      at: z.iso.datetime(),
      /** Whoever caused it; `discord` if Discord did. */
      by: z.string(),
      type: z.literal(type as keyof typeof tenantEventSchemas | keyof typeof credentialEventSchemas),
      data,
    }),
  ),
);

/** What a tenant was at a time, whether its token was in force, and who changed that and why. */
export const tenantTimelineRoutes: ApiRoutes = (app, ports) => {
  oneMoment(app, ports);
  events(app, ports);
};

const oneMoment: ApiRoutes = (app, ports) => {
  const { config } = ports;
  app.get(
    `${inTenant}/timeline`,
    {
      config: { ...config, access: personOrKey('audit.read') },
      schema: {
        operationId: 'readTenantTimeline',
        tags: ['Audit'],
        summary: 'Returns a tenant as it was `at` a given time: its status and why, and whether its token was in force',
        params: tenantParams,
        querystring: z.strictObject({ at: instant }),
        response: { 200: z.object({ at: z.iso.datetime(), ...pastTenantSchema }) },
      },
    },
    async (request) => {
      const at = new Date(request.query.at);
      return { at: at.toISOString(), ...(await pastTenant(ports, request.params.tenant, at)) };
    },
  );
};

/** Of either stream: the place of the last one that was shown. */
const placeSchema = z.strictObject({ tenant: z.int().min(0), credential: z.int().min(0) });

const events: ApiRoutes = (app, { database, pages, config }) => {
  app.get(
    `${inTenant}/timeline/events`,
    {
      config: { ...config, access: personOrKey('audit.read') },
      schema: {
        operationId: 'listTenantTimelineEvents',
        tags: ['Audit'],
        summary: 'Returns what happened to a tenant and its Discord token, oldest first',
        params: tenantParams,
        querystring: z.strictObject({ from: instant, to: instant, ...pageQuery.shape }),
        response: { 200: z.object({ items: z.array(eventSchema), nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const { from, to, ...query } = request.query;
      const scope = { operation: 'listTenantTimelineEvents', tenant, filter: { from, to } };
      const page = pages.open(scope, query, placeSchema);
      const after = page.after ?? { tenant: 0, credential: 0 };
      const range = { fromMs: sinceEpoch(new Date(from)), upToMs: sinceEpoch(new Date(to)), limit: page.take };
      const [ofTenant, ofCredential] = await database.inTenant(tenant, async (transaction) => [
        await tenantAggregate.events(transaction, tenant, { ...range, after: after.tenant }),
        await credentialAggregate.events(transaction, tenant, { ...range, after: after.credential }),
      ]);
      let place = after;
      const found = [
        ...ofTenant.map((told) => ({ ...told, stream: 'tenant' as const })),
        ...ofCredential.map((told) => ({ ...told, stream: 'credential' as const })),
      ]
        .sort((one, other) => one.atMs - other.atMs)
        .slice(0, page.take)
        .map((told) => {
          place = { ...place, [told.stream]: told.version };
          return { ...told, place };
        });
      const { rows, nextCursor } = page.of(found, (told) => told.place);
      return {
        items: rows.map(({ event, by, atMs }) => ({ ...event, by, at: new Date(atMs).toISOString() })),
        nextCursor,
      };
    },
  );
};

/** Nothing that happened before 1970 is told. */
export const sinceEpoch = (time: Date): number => Math.max(0, time.getTime());

/** A tenant and its token as they were. */
export function pastTenant(
  { database, clock }: Pick<ApiPorts, 'database' | 'clock'>,
  tenant: TenantId,
  at: Date,
): Promise<z.input<z.ZodObject<typeof pastTenantSchema>>> {
  const when = { atMs: sinceEpoch(at), nowMs: clock.now() };
  return database.inTenant(tenant, async (transaction) => {
    const rows = await currentRows(transaction, tenant);
    const life = await tenantAggregate.asOf(transaction, tenant, { ...when, row: rows.tenant });
    const credential = await credentialAggregate.asOf(transaction, tenant, { ...when, row: rows.credential });
    return {
      tenant: life?.state ? { ...shownTenant(tenant, life.state), last: shownLast(life.last) } : null,
      credential: credential ? { ...shownCredential(credential.state), last: shownLast(credential.last) } : null,
    };
  });
}

const shownTenant = (id: TenantId, { name, status, reason, suspendedBy, applicationId, botUsername }: TenantState) => ({
  name: shownName({ id, name }),
  status,
  reason,
  suspendedBy,
  applicationId,
  botUsername,
});

function shownCredential(credential: CredentialState | null) {
  if (!credential) return { state: 'none' as const, applicationId: null, refusal: null, keyVersion: null };
  const { status, applicationId, refusal, keyVersion } = credential;
  return { state: status, applicationId, refusal, keyVersion };
}

const shownLast = (last: { readonly type: string; readonly by: string; readonly atMs: number } | null) =>
  last && { type: last.type, by: last.by, at: new Date(last.atMs).toISOString() };

/** What they are now: that is what they were, if nothing of what happened is kept. */
async function currentRows(
  transaction: Transaction,
  tenant: TenantId,
): Promise<{ readonly tenant: TenantState | null; readonly credential: CredentialState | null }> {
  const found = await transaction.query(
    `select name, status, reason, suspended_by as "suspendedBy", application_id as "applicationId",
       bot_user_id as "botUserId", bot_username as "botUsername", version from tenant where id = $1`,
    [tenant],
  );
  const stored = await transaction.query(
    `select application_id as "applicationId", bot_user_id as "botUserId", status, refusal, key_version as "keyVersion"
       from application_credential where tenant_id = $1`,
    [tenant],
  );
  return {
    tenant: found.rows[0] ? tenantStateSchema.parse(found.rows[0]) : null,
    credential: stored.rows[0] ? credentialStateSchema.parse(stored.rows[0]) : null,
  };
}
