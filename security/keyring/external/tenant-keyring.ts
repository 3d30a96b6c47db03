import { keyringFaults, type Custodian } from '../custodian.ts';
import type { DataKeyOptions } from '../data-keys.ts';
import { createEnvelope, type Envelope, type Location } from '../envelope.ts';
import { ExternalKeys, type ExternalKeysPorts } from './external-keys.ts';

/** A process's tenants' keys: the platform's, and around them those that tenants have of their own. */
export interface TenantKeyring {
  readonly envelope: Envelope;
  readonly externalKeys: ExternalKeys;
}

/** @throws what the database throws */
export async function openTenantKeyring(
  custodian: Custodian,
  ports: ExternalKeysPorts & Pick<DataKeyOptions, 'whileAwayMs'>,
): Promise<TenantKeyring> {
  const built: { envelope?: Envelope } = {};
  const open = (sealed: Uint8Array, location: Location): Promise<Uint8Array> => {
    if (!built.envelope) throw keyringFaults.unavailable('the keyring is not open yet', undefined);
    return built.envelope.open(sealed, location);
  };
  const externalKeys = new ExternalKeys(ports, { open, forget: (tenant) => built.envelope?.forget(tenant) });
  await externalKeys.load();
  const envelope = createEnvelope({
    custodian,
    outer: externalKeys,
    clock: ports.clock,
    whileAwayMs: ports.whileAwayMs,
  });
  built.envelope = envelope;
  return { envelope, externalKeys };
}
