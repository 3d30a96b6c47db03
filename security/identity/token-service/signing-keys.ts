import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  algorithmOf,
  keyThumbprint,
  publicJwkSchema,
  type PublicJwk,
  type PublishedKey,
} from '../verification-keys.ts';
import type { KeyMaker } from './rotating-keys.ts';

/** A key that signs call tokens. */
export interface SigningKey {
  readonly jwk: PublicJwk;
  readonly privateKey: KeyObject;
}

/** Creates the Ed25519 keys that sign call tokens, named by their RFC 7638 thumbprint. */
export const signingKeyMaker: KeyMaker<SigningKey> = {
  use: 'call-token',
  async make() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { kty, crv, x } = publicKey.export({ format: 'jwk' });
    const jwk = publicJwkSchema.parse({ kty, crv, x });
    return { kid: keyThumbprint(jwk), public: jwk, privateDer: privateKey.export({ format: 'der', type: 'pkcs8' }) };
  },
  async open(material) {
    return {
      jwk: publicJwkSchema.parse(material.public),
      privateKey: createPrivateKey({ key: material.privateDer, format: 'der', type: 'pkcs8' }),
    };
  },
};

/** A signing key in the form of GET /v1/keys. */
export const publishedKey = (key: {
  readonly kid: string;
  readonly holder: string;
  readonly jwk: PublicJwk;
  readonly notAfterMs: number;
}): PublishedKey => ({
  ...key.jwk,
  alg: algorithmOf['call-token'],
  use: 'sig',
  kid: key.kid,
  'bailiwick:use': 'call-token',
  'bailiwick:holder': key.holder,
  'bailiwick:not_after': key.notAfterMs,
});
