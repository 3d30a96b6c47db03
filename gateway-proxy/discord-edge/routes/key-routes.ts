import type { Database } from '#infra/database/pool.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { reportKeys } from '../credential/key-report.ts';

/** Versions and ages of a tenant's key in this process. */
export function keyRoutes(app: HttpApp, { database, custodian }: { database: Database; custodian: Custodian }): void {
  app.get('/v1/tenants/:tenant/keys', { config: { action: 'key.read' }, exposeHeadRoute: false }, (request) =>
    reportKeys(database, custodian, tenantOf(request)),
  );
}
