import 'reflect-metadata';
import { createHash, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate as Certificate,
  X509CertificateGenerator,
  type PublicKey,
} from '@peculiar/x509';
import { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { certificateAlgorithm } from '../certificate-request.ts';
import { certificateBackdatingMs } from '../peer.ts';
import type { IssuedCertificate } from '../token-service-client.ts';
import type { KeyMaker, RotatingKeys } from './rotating-keys.ts';

type CryptoKey = webcrypto.CryptoKey;

/** A certificate authority of the installation: its certificate and its signing key. */
export interface Authority {
  readonly certificatePem: string;
  readonly certificate: Certificate;
  readonly signingKey: CryptoKey;
}

const storedSchema = z.object({ certificatePem: z.string() });
/** Positive, not zero, 159 bits of randomness (RFC 5280, 4.1.2.2: at most 20 octets). */
const serialNumber = (): string => {
  const bytes = randomBytes(20);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
};

/** Creates the installation's certificate authorities: P-256, self-signed, for end entities only (path length 0). */
export function authorityMaker(installation: InstallationId): KeyMaker<Authority> {
  const { subtle } = webcrypto;
  return {
    use: 'authority',
    async make({ startsMs, notAfterMs }) {
      const keys = await subtle.generateKey(certificateAlgorithm, true, ['sign', 'verify']);
      const certificate = await X509CertificateGenerator.createSelfSigned({
        serialNumber: serialNumber(),
        name: `CN=Bailiwick ${installation}`,
        notBefore: new Date(startsMs - certificateBackdatingMs),
        notAfter: new Date(notAfterMs),
        keys,
        signingAlgorithm: certificateAlgorithm,
        extensions: [
          new BasicConstraintsExtension(true, 0, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
          // A trust domain's authority carries its SPIFFE id (spiffe standards/X509-SVID.md, 3.2).
          new SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${installation}` }]),
          await SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      return {
        kid: createHash('sha256').update(Buffer.from(certificate.rawData)).digest('base64url'),
        public: { certificatePem: certificate.toString('pem') },
        privateDer: Buffer.from(await subtle.exportKey('pkcs8', keys.privateKey)),
      };
    },
    async open(material) {
      const { certificatePem } = storedSchema.parse(material.public);
      return {
        certificatePem,
        certificate: new Certificate(certificatePem),
        signingKey: await subtle.importKey('pkcs8', new Uint8Array(material.privateDer), certificateAlgorithm, false, [
          'sign',
        ]),
      };
    },
  };
}

export interface CertificateIssuer {
  /** Every authority that may have issued a peer's certificate, including the next one. */
  trustBundlePem(): string;
  /**
   * A certificate for a SPIFFE id and the key in the request. The subject, names and extensions in the request are
   * ignored.
   */
  issue(spiffeId: string, request: CheckedRequest): Promise<IssuedCertificate>;
}

/** A request whose signature proves that the requester holds the key; only `checkRequest` creates one. */
export interface CheckedRequest {
  readonly publicKey: PublicKey;
}

const maxRequestLength = 4_096;

/**
 * Parses a PKCS #10 request. Throws `identity.bad-request` if it is not one, has a key other than P-256, or its
 * signature does not verify.
 */
export async function checkRequest(csrPem: string): Promise<CheckedRequest> {
  const refused = () =>
    callerFault('identity.bad-request', 'The certificate request must be PKCS #10 for an ECDSA P-256 key, and signed.');
  if (csrPem.length > maxRequestLength) throw refused();
  try {
    const request = new Pkcs10CertificateRequest(csrPem);
    const algorithm: object = request.publicKey.algorithm;
    const isP256 = 'namedCurve' in algorithm && algorithm.namedCurve === 'P-256';
    if (isP256 && (await request.verify())) return { publicKey: request.publicKey };
  } catch {
    throw refused();
  }
  throw refused();
}

export function certificateIssuer(options: {
  authorities: RotatingKeys<Authority>;
  lifetimeMs: number;
  clock: Clock;
}): CertificateIssuer {
  const { authorities, lifetimeMs, clock } = options;
  const trustBundlePem = () =>
    authorities
      .published()
      .map((authority) => authority.signer.certificatePem)
      .join('\n');
  return {
    trustBundlePem,
    async issue(spiffeId, { publicKey }) {
      const authority = authorities.current();
      const nowMs = clock.now();
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: '',
        issuer: authority.signer.certificate.subject,
        notBefore: new Date(nowMs - certificateBackdatingMs),
        notAfter: new Date(Math.min(nowMs + lifetimeMs, authority.notAfterMs)),
        publicKey,
        signingKey: authority.signer.signingKey,
        signingAlgorithm: certificateAlgorithm,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth, ExtendedKeyUsage.serverAuth]),
          // Critical, since the subject is empty (RFC 5280, 4.1.2.6).
          new SubjectAlternativeNameExtension([{ type: 'url', value: spiffeId }], true),
          await SubjectKeyIdentifierExtension.create(publicKey),
          await AuthorityKeyIdentifierExtension.create(authority.signer.certificate.publicKey),
        ],
      });
      const certificatePem = certificate.toString('pem');
      const expiresAtMs = new X509Certificate(certificatePem).validToDate.getTime();
      return { certificatePem, trustBundlePem: trustBundlePem(), expiresAtMs };
    },
  };
}
