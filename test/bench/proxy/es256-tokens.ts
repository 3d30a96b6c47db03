import { generateKeyPairSync, sign } from 'node:crypto';
import { newId, type TenantId } from '#infra/kernel/ids.ts';

/** Tokens such as HAProxy can verify (RFC 7515, A.3), no two alike. */
export function es256Tokens(): { readonly publicKeyPem: string; next(tenant: TenantId): string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const header = encode({ alg: 'ES256', typ: 'JWT' });
  return {
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    next(tenant) {
      const iat = Math.floor(Date.now() / 1000);
      const claims = { iss: 'bench', aud: 'bench', sub: tenant, iat, exp: iat + 300, jti: newId('jwt') };
      const input = `${header}.${encode(claims)}`;
      const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return `${input}.${signature.toString('base64url')}`;
    },
  };
}
