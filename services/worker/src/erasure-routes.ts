import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { bodyOf } from '#infra/http/body-of.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { eraseFromLog } from '#security/audit/erase-from-log.ts';
import { auditRecordSchema } from '#security/audit/record.ts';
import { tenantOf } from '#security/identity/guard.ts';

const erasureSchema = z.strictObject({
  id: z.string().regex(/^era_[0-9a-hjkmnp-tv-z]{26}$/),
  user: snowflakeSchema,
  requestedAt: z.iso.datetime().transform((text) => new Date(text)),
  by: auditRecordSchema.pick({ actor: true, requestId: true }),
});

/** Erases a member from a tenant's audit log. Not complete: the log has to be sealed first, so it is to be repeated. */
export function erasureRoutes(
  app: HttpApp,
  { database, clock }: { readonly database: Pick<Database, 'inTenant'>; readonly clock: Clock },
): void {
  app.post('/v1/tenants/:tenant/erasures', { config: { action: 'member.erase' } }, async (request) => {
    const erasure = { tenant: tenantOf(request), ...bodyOf(request, erasureSchema) };
    return { complete: await eraseFromLog({ database, nowMs: clock.now() }, erasure) };
  });
}
