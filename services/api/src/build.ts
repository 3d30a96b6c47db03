import fastifySwagger from '@fastify/swagger';
import scalar from '@scalar/fastify-api-reference';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { openDatabase } from '#infra/database/pool.ts';
import { openRecords } from '#infra/database/prisma.ts';
import { startHttpService, type HttpApp, type HttpService } from '#infra/http/service.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { createDecisionPoint } from '#policies/decision-point.ts';
import { createPolicyStore } from '#policies/policy-store.ts';
import { createBatchJournal } from '#security/audit/journal.ts';
import { enrol } from '#security/identity/agent.ts';
import { createCaller } from '#security/identity/caller.ts';
import { installGuard } from '#security/identity/guard.ts';
import { createTenantStore } from '#tenants/tenant/tenant-store.ts';
import { createAccessControl } from './access.ts';
import type { ApiPorts, TypedApp } from './routes/api-routes.ts';
import { auditRoutes } from './routes/audit.ts';
import { policyRoutes } from './routes/policies.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { tenantRoutes } from './routes/tenants.ts';
import { createSessionStore } from './sessions/session-store.ts';
import type { ApiSettings } from './settings.ts';

const groups = [sessionRoutes, tenantRoutes, policyRoutes, auditRoutes];

/** Puts the api together; what it opens is closed with the stack. */
export async function buildApi(
  settings: ApiSettings,
  logger: Logger,
  stack: AsyncDisposableStack,
): Promise<HttpService> {
  const clock = systemClock;
  const installation = installationId(settings.installation);
  const workload = { kind: 'service', name: 'api' } as const;
  const agent = stack.use(await enrol({ installation, identity: settings.identity }, { workload, logger, clock }));
  const records = stack.use(openRecords(settings.database));
  const database = stack.use(openDatabase(settings.database));
  const decisionPoint = stack.use(await createDecisionPoint({ database, logger, clock }));
  const journal = stack.use(createBatchJournal({ database, logger }));
  const caller = createCaller({ agent, proxyUrl: settings.proxy.url, clock });
  const sessions = createSessionStore(records, settings.ownerSignIn);
  const ports: ApiPorts = {
    access: createAccessControl({ agent, sessions, decisionPoint, denials: journal }),
    sessions,
    tenants: createTenantStore(records),
    policies: createPolicyStore(records),
    records,
    database,
    journal,
    caller,
    config: { action: 'api.public' },
  };
  const health = new Health();
  health.add('decisions', () => decisionPoint.health());
  health.add('database', async () => {
    await database.ping();
    return { status: 'healthy' };
  });
  return stack.use(
    await startHttpService({
      name: 'api',
      logger,
      listen: settings.listen,
      ops: settings.ops,
      tls: agent.tls,
      health,
      register: async (app) => {
        nameDocumentationRoutes(app);
        installGuard(app, { agent, audience: 'api', clock });
        await describe(app, settings.publicUrl);
        for (const group of groups) group(app.withTypeProvider() as unknown as TypedApp, ports);
      },
    }),
  );
}

/** One source: the schemas that validate are the ones that the OpenAPI document is made of. */
async function describe(app: HttpApp, publicUrl: string): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bailiwick API',
        version: '1',
        description: 'Tenants, per-guild policies and the audit log. Errors are application/problem+json (RFC 9457).',
      },
      servers: [{ url: publicUrl }],
      components: { securitySchemes: { session: { type: 'http', scheme: 'bearer' } } },
      security: [{ session: [] }],
    },
    transform: jsonSchemaTransform,
  });
  app.get('/openapi.json', { config: { action: 'api.public' }, schema: { hide: true } }, () => app.swagger());
  await app.register(scalar, {
    routePrefix: '/docs',
    configuration: { url: '/openapi.json', withDefaultFonts: false, telemetry: false },
  });
}

/** The reference's routes are made by its plugin, which knows nothing of actions; the guard wants one for each. */
function nameDocumentationRoutes(app: HttpApp): void {
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, action: 'api.public' };
  });
}
