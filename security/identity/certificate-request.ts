import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

/** The signature algorithm of every certificate and request here. */
export const certificateAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new key pair and the request for its certificate. The private key is for memory only. */
export interface CertificateRequest {
  /** PKCS #10 in PEM (RFC 2986); it names nobody: who asks is known otherwise. */
  readonly csrPem: string;
  /** PKCS #8 in PEM. */
  readonly privateKeyPem: string;
}

export async function createCertificateRequest(): Promise<CertificateRequest> {
  const { subtle } = webcrypto;
  const keys = await subtle.generateKey(certificateAlgorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: certificateAlgorithm });
  const pkcs8 = Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey));
  const lines = pkcs8.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    csrPem: request.toString('pem'),
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
  };
}
