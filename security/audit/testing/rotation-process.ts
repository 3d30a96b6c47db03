import process from 'node:process';
import { openDatabase } from '#infra/database/pool.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { rotateLogKey } from './rotate-log-key.ts';

/** A rotation in its own process, to be killed. */
interface Start {
  readonly url: string;
  readonly folder: string;
  readonly keyBase64: string;
  readonly installation: string;
  readonly tenant: TenantId;
  readonly to: number;
}

process.once('message', async ({ url, folder, keyBase64, installation, tenant, to }: Start) => {
  const custodian = createFileCustodian({ folder, keyBase64 });
  const database = openDatabase({ url, maxConnections: 2 });
  await rotateLogKey({ custodian, envelope: createEnvelope({ custodian }), database, installation }, tenant, to);
  process.send?.('rotated');
});
process.once('disconnect', () => process.exit(0));
