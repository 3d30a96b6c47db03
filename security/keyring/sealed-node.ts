import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { compactDecrypt, CompactEncrypt } from 'jose';
import { z } from 'zod';
import { trustPemSchema } from '#infra/config/trust.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';

/**
 * How gateway-proxy reaches a Lavalink node. It is sealed as a whole, so that nobody who can write the database makes a
 * proxy send the password to another address.
 */
export const nodeDefinitionSchema = z.strictObject({
  id: z.string(),
  url: z.url({ protocol: /^https?$/ }),
  password: z.string().min(1).max(256),
  /** PEM of the authority that signed the node's certificate, if it was not a public one. */
  trustPem: trustPemSchema.optional(),
});
export type NodeDefinition = z.infer<typeof nodeDefinitionSchema>;

/** 32 bytes in base64: of the key that opens, which only proxies have, or of the public one that seals. */
export const nodeKeySchema = z.base64().length(44);

const pkcs8Prefix = Buffer.from('302e020100300506032b656e04220420', 'hex');
const agreement = { alg: 'ECDH-ES', enc: 'A256GCM', typ: 'lavalink-node' } as const;

const openingKeyOf = (keyBase64: string): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, Buffer.from(keyBase64, 'base64')]),
    format: 'der',
    type: 'pkcs8',
  });

/** The public key (X25519) of the one that opens. */
export function sealingKeyOf(openingKeyBase64: string): string {
  const { x } = createPublicKey(openingKeyOf(openingKeyBase64)).export({ format: 'jwk' });
  return Buffer.from(x ?? '', 'base64url').toString('base64');
}

/** A compact JWE (RFC 7516; ECDH-ES with X25519, RFC 8037). Whoever seals it cannot open it. */
export async function sealNode(definition: NodeDefinition, sealingKeyBase64: string): Promise<string> {
  const x = Buffer.from(sealingKeyBase64, 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
  return new CompactEncrypt(Buffer.from(JSON.stringify(definition))).setProtectedHeader(agreement).encrypt(key);
}

/** @throws BailiwickError node.sealed: it was not sealed for this key, was changed, or is of another node */
export async function openNode(sealed: string, id: string, openingKeyBase64: string): Promise<NodeDefinition> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, openingKeyOf(openingKeyBase64), {
      keyManagementAlgorithms: [agreement.alg],
      contentEncryptionAlgorithms: [agreement.enc],
    });
    const definition = nodeDefinitionSchema.parse(parseJson(Buffer.from(plaintext).toString('utf8')));
    if (protectedHeader.typ === agreement.typ && definition.id === id) return definition;
  } catch {
    // What was wrong with it says nothing to whoever has to add it again.
  }
  throw platformFault('node.sealed', `What is stored of the Lavalink node ${id} cannot be opened. Add it again.`);
}
