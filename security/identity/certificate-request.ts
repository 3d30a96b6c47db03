import { generateKeyPair, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';

/** The signature algorithm of every certificate and request here. */
export const certificateAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** The same as named in certificates: ecdsa-with-SHA256 (RFC 5758 3.2). */
const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: '1.2.840.10045.4.3.2' });

/** A new key pair and the request for its certificate. The private key must only be kept in memory. */
export interface CertificateRequest {
  /** PKCS #10 in PEM (RFC 2986); it names nobody: the requester is identified otherwise. */
  readonly csrPem: string;
  /** PKCS #8 in PEM. */
  readonly privateKeyPem: string;
}

/**
 * Assembled from a request's own parts: the library for whole certificates would be a fifth of what a process loads.
 */
export async function createCertificateRequest(): Promise<CertificateRequest> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const certificationRequestInfo = new CertificationRequestInfo({
    subjectPKInfo: AsnConvert.parse(publicKey.export({ format: 'der', type: 'spki' }), SubjectPublicKeyInfo),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(certificationRequestInfo)), privateKey);
  const request = new CertificationRequest({
    certificationRequestInfo,
    signatureAlgorithm,
    signature: new Uint8Array(signature).buffer,
  });
  return {
    csrPem: pem('CERTIFICATE REQUEST', Buffer.from(AsnConvert.serialize(request))),
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
