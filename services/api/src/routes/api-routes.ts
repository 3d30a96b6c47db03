import type {
  FastifyInstance,
  FastifyBaseLogger,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
} from 'fastify';
import type { Server } from 'node:https';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import type { Records } from '#infra/database/prisma.ts';
import { snowflakeSchema, tenantIdSchema } from '#infra/kernel/ids.ts';
import type { PolicyStore } from '#policies/policy-store.ts';
import type { BatchJournal } from '#security/audit/journal.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { TenantStore } from '#tenants/tenant/tenant-store.ts';
import type { AccessControl } from '../access.ts';
import type { SessionStore } from '../sessions/session-store.ts';

export type TypedApp = FastifyInstance<
  Server,
  RawRequestDefaultExpression<Server>,
  RawReplyDefaultExpression<Server>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What the operations are made of. */
export interface ApiPorts {
  readonly access: AccessControl;
  readonly sessions: SessionStore;
  readonly tenants: TenantStore;
  readonly policies: PolicyStore;
  readonly records: Records;
  readonly database: Database;
  /** For what is done without a transaction of its own. */
  readonly journal: BatchJournal;
  readonly caller: Caller;
  /** Every operation is reached through the proxy's public listener, under this action. */
  readonly config: { readonly action: 'api.public' };
}

/** A group of operations that belong together. */
export type ApiRoutes = (app: TypedApp, ports: ApiPorts) => void;

export const tenantParams = z.object({ tenant: tenantIdSchema });
export const guildParams = z.object({ tenant: tenantIdSchema, guild: snowflakeSchema });
