import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** The signature algorithm of every certificate and request here. */
export const certificateAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new key pair and the request for its certificate. The private key must only be kept in memory. */
export interface CertificateRequest {
  /** PKCS #10 in PEM (RFC 2986); it names nobody: the requester is identified otherwise. */
  readonly csrPem: string;
  /** PKCS #8 in PEM. */
  readonly privateKeyPem: string;
}

/**
 * For every process, bots included. Assembled from its few DER values (ITU-T X.690), because a library for them would
 * be a tenth of a bot's memory; what it makes is checked by the authority, which uses one.
 */
export function createCertificateRequest(): CertificateRequest {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    csrPem: requestFor(publicKey, privateKey),
    privateKeyPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

function requestFor(publicKey: KeyObject, privateKey: KeyObject): string {
  const publicKeyInfo = publicKey.export({ format: 'der', type: 'spki' });
  const information = sequence(version0, sequence(), publicKeyInfo, noAttributes);
  const signature = sign('sha256', information, privateKey);
  const request = sequence(information, ecdsaWithSha256, bitString(signature)).toString('base64');
  const lines = request.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  if (content.length < 0x100) return Buffer.concat([Buffer.from([tag, 0x81, content.length]), content]);
  return Buffer.concat([Buffer.from([tag, 0x82, content.length >> 8, content.length & 0xff]), content]);
};
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts);
const bitString = (bytes: Uint8Array) => der(0x03, Buffer.from([0]), bytes);
const version0 = der(0x02, Buffer.from([0]));
const noAttributes = der(0xa0);
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758 3.2). */
const ecdsaWithSha256 = sequence(der(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])));
