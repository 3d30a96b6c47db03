import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { Database } from '#infra/database/pool.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import { noteSigner, verifierOf, type NoteSigner } from './checkpoint.ts';

export interface LogKeysOptions {
  readonly database: Pick<Database, 'inTenant'>;
  readonly envelope: Envelope;
  readonly installation: string;
  readonly clock?: Clock;
  /** How many keys are kept open, and for how long. */
  readonly remembered?: number;
  readonly rememberedForMs?: number;
}

/** A log's key in use, with its public part as stored (vkey). */
export interface LogSigner extends NoteSigner {
  readonly verifier: string;
}

/**
 * The keys that sign tenants' logs, one per tenant at a time, created at first use; at rest the private part is sealed.
 */
export interface LogKeys {
  /**
   * May return a key that was replaced within the last minutes: `seal` does not sign with it.
   * @throws keyring.* if the sealed part cannot be opened, audit.key if it belongs to another log
   */
  signerFor(tenant: TenantId): Promise<LogSigner>;
  /** Drops a key that was replaced. */
  forget(tenant: TenantId): void;
}

/** The name of a tenant's log: the first line of its checkpoints, and its key's name. */
export const logOrigin = (installation: string, tenant: TenantId): string => `${installation}/tenant/${tenant}`;

/** The signer of a log whose private key was opened (PKCS#8). */
export const logSigner = (installation: string, tenant: TenantId, der: Buffer): NoteSigner =>
  noteSigner(logOrigin(installation, tenant), createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));

const locationOf = (tenant: TenantId): Location => ({ tenant, table: 'audit_key', column: 'sealed', row: tenant });

export function createLogKeys(options: LogKeysOptions): LogKeys {
  const { database, envelope, installation, clock = systemClock, rememberedForMs = 5 * 60_000 } = options;
  const signers = new BoundedMap<TenantId, LogSigner>(options.remembered ?? 1_000);
  const read = async (tenant: TenantId): Promise<LogSigner | undefined> => {
    const { rows } = await database.inTenant(tenant, (transaction) =>
      transaction.query<{ sealed: Buffer; verifier: string }>(
        'select sealed, verifier from audit_key where tenant_id = $1',
        [tenant],
      ),
    );
    const [row] = rows;
    if (!row) return undefined;
    const der = Buffer.from(await envelope.open(row.sealed, locationOf(tenant)));
    const signer = logSigner(installation, tenant, der);
    der.fill(0);
    if (verifierOf(signer) === row.verifier) return { ...signer, verifier: row.verifier };
    throw platformFault('audit.key', "A tenant's log key does not match its public key.");
  };
  const make = async (tenant: TenantId): Promise<void> => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    const verifier = verifierOf(noteSigner(logOrigin(installation, tenant), privateKey));
    await database.inTenant(tenant, async (transaction) => {
      await whileSealing(transaction, tenant);
      const sealed = await envelope.seal(der, locationOf(tenant));
      der.fill(0);
      await transaction.query(
        'insert into audit_key (tenant_id, verifier, sealed) values ($1, $2, $3) on conflict do nothing',
        [tenant, verifier, sealed],
      );
    });
  };
  return {
    async signerFor(tenant) {
      const remembered = signers.get(tenant, clock.now());
      if (remembered) return remembered;
      let signer = await acrossRotation(() => read(tenant));
      if (!signer) {
        await make(tenant);
        signer = await read(tenant);
      }
      if (!signer) throw platformFault('audit.key', "A tenant's log key was created but is missing.");
      signers.set(tenant, signer, clock.now() + rememberedForMs);
      return signer;
    },
    forget: (tenant) => void signers.delete(tenant),
  };
}
