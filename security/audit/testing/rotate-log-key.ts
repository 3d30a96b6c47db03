import type { Database } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import type { Envelope } from '#security/keyring/envelope.ts';
import { rotationRecord } from '#security/keyring/rotation-record.ts';
import { rotateTenantKey } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { journal } from '../journal.ts';
import { succeed } from '../succeed.ts';

interface Ports {
  readonly custodian: Pick<Custodian, 'versions' | 'rotate' | 'retire'>;
  readonly envelope: Envelope;
  readonly database: Database;
  readonly installation: string;
}

/** Rotates the keys of a tenant's log as the worker does; at the end it journals one record. */
export const rotateLogKey = ({ installation, ...ports }: Ports, tenant: TenantId, to: number) =>
  rotateTenantKey(
    {
      ...ports,
      columns: sealedColumnsOf('worker'),
      renewed: async (transaction, opened) => (await succeed(transaction, { installation, tenant, opened })).key,
      done: (transaction, version) => {
        const by = { actor: { type: 'service', id: 'api' } } as const;
        return journal(transaction, [rotationRecord(tenant, { purpose: 'audit-key', version }, by, Date.now())]);
      },
    },
    tenant,
    to,
  );
