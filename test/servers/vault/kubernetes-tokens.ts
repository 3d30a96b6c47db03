import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { createAuthority } from '#test/authority.ts';

const issuer = 'https://kubernetes.default.svc.cluster.local';

/** A service account, and for what its token is meant. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
  readonly audience: string;
}

const reviewSchema = z.object({
  spec: z.object({ token: z.string(), audiences: z.array(z.string()).optional() }),
});
const claimsSchema = z.object({
  jti: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]).transform((aud) => [aud].flat()),
  'kubernetes.io': z.object({ serviceaccount: z.object({ uid: z.string() }) }),
});

/**
 * Stands in for the part of a Kubernetes API server that Vault asks: it signs tokens of service accounts, and answers
 * TokenReview requests by verifying their signature, issuer, expiry and audience. It is not a Kubernetes, and knows no
 * accounts: whoever has a token that it signed exists.
 */
export interface KubernetesTokens extends AsyncDisposable {
  readonly url: string;
  readonly caPem: string;
  /** With which a reviewer has to authenticate. */
  readonly reviewerToken: string;
  /** The ids of the tokens that it found valid. */
  readonly accepted: readonly string[];
  issue(account: ServiceAccount, id: string, lifeSec?: number): Promise<string>;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/ */
export async function startKubernetesTokens(): Promise<KubernetesTokens> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const authority = await createAuthority();
  const { certPem, keyPem } = await authority.issue('localhost');
  const accepted: string[] = [];

  const issue = ({ namespace, name, audience }: ServiceAccount, id: string, lifeSec = 3_600) =>
    new SignJWT({ 'kubernetes.io': { namespace, serviceaccount: { name, uid: `uid-of-${name}` } } })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setIssuer(issuer)
      .setSubject(`system:serviceaccount:${namespace}:${name}`)
      .setAudience([audience])
      .setJti(id)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1_000) + lifeSec)
      .sign(privateKey);
  const reviewerToken = await issue({ namespace: 'vault', name: 'vault', audience: issuer }, 'reviewer');

  const review = async (text: string) => {
    const { spec } = reviewSchema.parse(JSON.parse(text));
    const audience = spec.audiences ?? [issuer];
    try {
      const { payload } = await jwtVerify(spec.token, publicKey, { issuer, audience, algorithms: ['ES256'] });
      const { jti, sub, aud, ...claims } = claimsSchema.parse(payload);
      accepted.push(jti);
      const user = {
        username: sub,
        uid: claims['kubernetes.io'].serviceaccount.uid,
        groups: ['system:serviceaccounts'],
      };
      return { authenticated: true, user, audiences: audience.filter((each) => aud.includes(each)) };
    } catch (error) {
      return { authenticated: false, error: error instanceof Error ? error.message : 'invalid' };
    }
  };
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const known = request.headers.authorization === `Bearer ${reviewerToken}`;
      if (!known || request.url !== '/apis/authentication.k8s.io/v1/tokenreviews') {
        response.writeHead(known ? 404 : 401).end();
        return;
      }
      review(Buffer.concat(chunks).toString('utf8')).then(
        (status) => {
          const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status };
          response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        },
        () => response.writeHead(400).end(),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    caPem: authority.certPem,
    reviewerToken,
    accepted,
    issue,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
