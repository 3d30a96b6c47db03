import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { delegatedJwkSchema, type DelegatedJwk } from '../token-service-client.ts';
import { keyThumbprint } from '../verification-keys.ts';
import type { KeyMaker } from './rotating-keys.ts';

/** A key that signs call tokens. */
export interface SigningKey {
  readonly jwk: DelegatedJwk;
  readonly privateKey: KeyObject;
}

/** Creates the Ed25519 keys that sign call tokens, named by their RFC 7638 thumbprint. */
export const signingKeyMaker: KeyMaker<SigningKey> = {
  use: 'call-token',
  async make() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { kty, crv, x } = publicKey.export({ format: 'jwk' });
    const jwk = delegatedJwkSchema.parse({ kty, crv, x });
    return { kid: keyThumbprint(jwk), public: jwk, privateDer: privateKey.export({ format: 'der', type: 'pkcs8' }) };
  },
  async open(material) {
    return {
      jwk: delegatedJwkSchema.parse(material.public),
      privateKey: createPrivateKey({ key: material.privateDer, format: 'der', type: 'pkcs8' }),
    };
  },
};
