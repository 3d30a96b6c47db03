import type { FastifyRequest } from 'fastify';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { bodyOf } from '#infra/http/body-of.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { KeyedMutex } from '#infra/kernel/keyed-mutex.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { journal } from '#security/audit/journal.ts';
import { auditRecord, type AuditRecord } from '#security/audit/record.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { Custodian } from '../custodian.ts';
import { whileSealing } from '../rotation.ts';
import { sealedColumnsOf } from '../sealed-columns.ts';
import { carrySchema, carryValues, externalKeyIdSchema } from './carry.ts';
import { secretLocation, type ExternalKeeper } from './external-key-store.ts';
import type { TenantKeyring } from './tenant-keyring.ts';
import { externalKeyOfferSchema, type ExternalKeyOffer } from './settings.ts';

export interface ExternalKeyRoutesPorts extends TenantKeyring {
  /** Fenced by the tenants' leases. */
  readonly database: Pick<Database, 'inTenant'>;
  readonly custodian: Custodian;
  readonly clock: Clock;
  readonly keeper: ExternalKeeper;
  /**
   * Called in the transaction in which the older versions of the platform's key that seals the same values are destroyed: it
   * records that.
   */
  readonly rotated: (
    transaction: Transaction,
    tenant: TenantId,
    version: number,
    by: Pick<AuditRecord, 'actor'> & { readonly requestId: string },
  ) => Promise<void>;
}

/** What waits for customers' Vaults must leave connections to the database for everybody else. */
const mutex = {
  concurrency: 2,
  waiting: 50,
  busy: () => callerFault('external-key.busy', 'Too many keys are being changed at once. Try again in a minute.', 429),
};

/** A tenant's own key, as a process that seals with it stores, checks and uses it (called by the api). */
export function externalKeyRoutes(app: HttpApp, ports: ExternalKeyRoutesPorts): void {
  const { externalKeys, database } = ports;
  const turns = new KeyedMutex(mutex);
  const config = { action: 'key.external' } as const;
  const path = '/v1/tenants/:tenant/keys/external';

  app.put(`${path}/:any`, { config }, async (request, reply) => {
    const id = idOf(request);
    await turns.run('', () => offer(ports, request, id, bodyOf(request, externalKeyOfferSchema)));
    return reply.code(204).send();
  });

  app.delete(`${path}/:any`, { config }, async (request, reply) => {
    const [tenant, id] = [tenantOf(request), idOf(request)];
    const isGone = await database.inTenant(tenant, (transaction) =>
      externalKeys.store.withdraw(transaction, tenant, id),
    );
    if (isGone) externalKeys.deleted([id]);
    return reply.code(204).send();
  });

  app.post(`${path}/check`, { config }, async (request, reply) => {
    const tenant = tenantOf(request);
    for (const { key } of externalKeys.inUse().filter((use) => use.tenant === tenant)) await externalKeys.check(key);
    return reply.code(204).send();
  });

  app.post(`${path}/carry`, { config }, (request) => {
    const tenant = tenantOf(request);
    const carry = bodyOf(request, carrySchema);
    const by = byApi(request);
    const rotated = (transaction: Transaction, version: number) => ports.rotated(transaction, tenant, version, by);
    const done = (transaction: Transaction) =>
      journal(transaction, [record(ports, tenant, { key: carry.keyId ?? 'none', by })]);
    const columns = sealedColumnsOf(ports.keeper);
    return turns.run('', () => carryValues({ ...ports, columns, rotated, done }, tenant, carry));
  });
}

/** Stores a key that was found to work; nothing is sealed with it yet. */
async function offer(
  ports: ExternalKeyRoutesPorts,
  request: FastifyRequest,
  id: string,
  { secretId, ...address }: ExternalKeyOffer,
): Promise<void> {
  const { externalKeys, envelope, database } = ports;
  const tenant = tenantOf(request);
  const proof = await externalKeys.prove(tenant, { ...address, secretId });
  const key = await database.inTenant(tenant, async (transaction) => {
    await whileSealing(transaction, tenant);
    const secret = await envelope.seal(Buffer.from(secretId, 'utf8'), secretLocation(tenant, id));
    const stored = { tenant, id, address, secret, proof };
    await externalKeys.store.insert(transaction, stored);
    return stored;
  });
  externalKeys.stored(key);
}

function idOf(request: FastifyRequest): string {
  const id = externalKeyIdSchema.safeParse((request.params as { any?: unknown }).any);
  if (id.success) return id.data;
  throw callerFault('external-key.id', 'This is not the id of a key.', 404);
}

const byApi = (request: FastifyRequest) =>
  ({ actor: { type: 'service', id: 'api' }, requestId: request.id }) as const satisfies Partial<AuditRecord>;

const record = (
  { clock, keeper }: ExternalKeyRoutesPorts,
  tenant: TenantId,
  { key, by }: { readonly key: string; readonly by: ReturnType<typeof byApi> },
): AuditRecord =>
  auditRecord(
    {
      tenant,
      kind: 'change',
      action: 'key.external',
      outcome: 'succeeded',
      target: 'external key',
      detail: { key, keeper },
      ...by,
    },
    clock.now(),
  );
