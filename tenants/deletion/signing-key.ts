import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { Database } from '#infra/database/pool.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { noteSigner, verifierOf, type NoteSigner } from '#security/audit/checkpoint.ts';
import type { Envelope, Location } from '#security/keyring/envelope.ts';
import { acrossRotation, whileSealing } from '#security/keyring/rotation.ts';
import { certificateSigner } from './certificate.ts';

/** There is one for an installation, so that one public key verifies all of its certificates. */
const id = 'current';
const location: Location = { tenant: 'platform', table: 'deletion_key', column: 'sealed', row: id };

/** The key that signs certificates of deletion. */
export interface CertificateKey {
  /** Made at first use. @throws keyring.*, deletion.key if it is not the one that the public key belongs to */
  signer(): Promise<NoteSigner>;
}

/** At rest its private part is sealed by the custodian of the process. */
export function createCertificateKey(ports: {
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly envelope: Envelope;
  readonly installation: string;
}): CertificateKey {
  const { database, envelope } = ports;
  const name = certificateSigner(ports.installation);
  const read = async (): Promise<NoteSigner | undefined> => {
    const { rows } = await database.acrossTenants((transaction) =>
      transaction.query<{ sealed: Buffer; verifier: string }>(
        'select sealed, verifier from deletion_key where id = $1',
        [id],
      ),
    );
    const [row] = rows;
    if (!row) return undefined;
    const der = Buffer.from(await envelope.open(row.sealed, location));
    const signer = noteSigner(name, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
    der.fill(0);
    if (verifierOf(signer) === row.verifier) return signer;
    throw platformFault('deletion.key', 'The key for certificates of deletion does not match its public key.');
  };
  const make = async (): Promise<void> => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const der = privateKey.export({ type: 'pkcs8', format: 'der' });
    await database.acrossTenants(async (transaction) => {
      await whileSealing(transaction, 'platform');
      const sealed = await envelope.seal(der, location);
      der.fill(0);
      await transaction.query(
        'insert into deletion_key (id, verifier, sealed) values ($1, $2, $3) on conflict (id) do nothing',
        [id, verifierOf(noteSigner(name, privateKey)), sealed],
      );
    });
  };
  return {
    async signer() {
      const found = await acrossRotation(read);
      if (found) return found;
      await make();
      const made = await read();
      if (made) return made;
      throw platformFault('deletion.key', 'The key for certificates of deletion was created but is missing.');
    },
  };
}
