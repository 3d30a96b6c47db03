import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/**
 * The few DER values of a certificate request (ITU-T X.690). Hand-written, because a library for it would be a tenth of
 * a bot's memory.
 */
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
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 (RFC 5758, 3.2). */
const ecdsaWithSha256 = sequence(der(0x06, Buffer.from([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02])));

export interface KeyAndRequest {
  readonly privateKey: KeyObject;
  /** PKCS#10 in PEM: an empty subject, since the supervisor states whose process this is, not the process itself. */
  readonly requestPem: string;
}

/** A new P-256 key that stays in this process, and the certificate request for it (RFC 2986). */
export function createKeyAndRequest(): KeyAndRequest {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKeyInfo = publicKey.export({ format: 'der', type: 'spki' });
  const information = sequence(version0, sequence(), publicKeyInfo, noAttributes);
  const signature = sign('sha256', information, privateKey);
  const request = sequence(information, ecdsaWithSha256, bitString(signature)).toString('base64');
  const lines = request.match(/.{1,64}/g) ?? [];
  return {
    privateKey,
    requestPem: `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`,
  };
}
