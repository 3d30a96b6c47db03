import 'reflect-metadata';
import path from 'node:path';
import { SubjectAlternativeNameExtension, X509Certificate, X509CertificateGenerator } from '@peculiar/x509';
import { systemClock } from '#infra/kernel/clock.ts';
import type { TlsMaterial } from '#infra/http/service.ts';
import { connectWorkload } from '#security/identity/workload-connection.ts';
import { tokenServiceClient } from '#security/identity/token-service-client.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { openRootKey } from '#security/keyring/keyring-file.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { keysOf } from '#services/cli/src/up/key-settings.ts';
import { sandboxInstallation } from '#services/cli/src/up/installation.ts';
import type { RunningPlatform } from '#test/e2e/platform.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const authoritiesQuery = "select public->>'certificatePem' as pem from identity_key where use = 'authority'";

/** Whoever has the data folder, and with it the authority's key, certifies themselves as the api, for an hour. */
export interface Impostor {
  /** Presents itself to the token service and asks for a call token. @throws if it is not accepted */
  call(): Promise<unknown>;
}

export async function stealAuthority(
  platform: RunningPlatform,
  data: string,
  tokenServiceUrl: string,
): Promise<Impostor> {
  const [row] = await platform.query<{ kid: string; pem: string; sealed: Buffer }>(
    "select kid, public->>'certificatePem' as pem, sealed from identity_key where use = 'authority'",
  );
  if (!row) throw new Error('there is no authority');
  const keyring = path.join(data, 'keyring');
  const rootKey = await openRootKey({ file: path.join(keyring, 'root.json'), keyFile: path.join(keyring, 'root.key') });
  const installation = installationId(sandboxInstallation);
  const owner = { installation, part: 'token-service', logger: silentLogger(), clock: systemClock } as const;
  await using custodian = await openCustodian(keysOf({ folder: { keyring }, rootKey }, 'token-service'), owner);
  const location = { tenant: 'platform', table: 'identity_key', column: 'sealed:authority', row: row.kid } as const;
  const privateDer = await createEnvelope({ custodian, clock: systemClock }).open(row.sealed, location);
  const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: '',
    issuer: new X509Certificate(row.pem).subject,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    publicKey: own.publicKey,
    signingKey: await crypto.subtle.importKey('pkcs8', new Uint8Array(privateDer), algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${installation}/svc/api` }], true),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64');
  return {
    async call() {
      // It knows the authorities of the day: only its own certificate is in question.
      const authorities = await platform.query<{ pem: string }>(authoritiesQuery);
      const material = {
        certificatePem: certificate.toString('pem'),
        privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n`,
        trustBundlePem: authorities.map(({ pem }) => pem).join('\n'),
      };
      const tls: TlsMaterial = { current: () => material, onRenewed: () => () => undefined };
      const expectedSpiffeId = `spiffe://${installation}/svc/token-service`;
      await using connection = connectWorkload({ url: tokenServiceUrl, expectedSpiffeId, tls, clock: systemClock });
      return await tokenServiceClient(connection).callToken('audio');
    },
  };
}
