import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { snowflakeSchema, type TenantId } from '#infra/kernel/ids.ts';
import { tenantOf } from '#security/identity/guard.ts';
import { checkApplication, type CheckedApplication } from '#tenants/application-check/check-application.ts';
import type { Egress } from '../budgets/egress.ts';
import type { CredentialStore } from '../credential/credential-store.ts';
import type { Tenants } from '../tenants.ts';
import { bodyOf } from '#infra/http/body-of.ts';
import { changeBy } from './caller.ts';

const bodySchema = z.strictObject({
  token: z.string().trim().min(1).max(200),
  applicationId: snowflakeSchema.optional(),
});
/** Without a token, the stored one is checked. */
const checkBodySchema = bodySchema.partial();

export interface CredentialRoutesOptions {
  readonly tenants: Tenants;
  readonly credentials: Pick<CredentialStore, 'isTaken' | 'load' | 'open'>;
  readonly egress: Egress;
  readonly discordApiUrl: string;
}

/** Checking, storing and deleting a tenant's Discord token. Only a token that has been found to work is stored. */
export function credentialRoutes(app: HttpApp, options: CredentialRoutesOptions): void {
  const { tenants } = options;
  app.post('/v1/tenants/:tenant/credential/check', { config: { action: 'credential.check' } }, async (request) => {
    const tenant = tenantOf(request);
    const { token, applicationId } = bodyOf(request, checkBodySchema);
    return check(options, tenant, token ?? (await storedToken(options, tenant)), applicationId);
  });

  app.put('/v1/tenants/:tenant/credential', { config: { action: 'credential.store' } }, async (request) => {
    const tenant = tenantOf(request);
    const { token, applicationId } = bodyOf(request, bodySchema);
    const application = await check(options, tenant, token, applicationId);
    await tenants.storeCredential(tenant, token, application, changeBy(request));
    return application;
  });

  app.delete('/v1/tenants/:tenant/credential', { config: { action: 'credential.delete' } }, async (request, reply) => {
    await tenants.deleteCredential(tenantOf(request), changeBy(request));
    return reply.code(204).send();
  });
}

async function storedToken({ credentials }: CredentialRoutesOptions, tenant: TenantId): Promise<string> {
  const credential = await credentials.load(tenant);
  if (!credential) throw callerFault('credential.missing', 'No Discord token is stored. Store one first.', 409);
  return credentials.open(credential);
}

function check(
  { egress, credentials, discordApiUrl }: CredentialRoutesOptions,
  tenant: TenantId,
  token: string,
  applicationId: string | undefined,
): Promise<CheckedApplication> {
  return checkApplication({
    token,
    applicationId,
    discordApiUrl,
    isTaken: (found) => credentials.isTaken(tenant, found),
    // A wrong token causes a 401, which counts against the address that all tenants share.
    get: (url, init) => egress.send(tenant, { url, method: 'GET', ...init }),
  });
}
