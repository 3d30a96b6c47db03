import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Peer } from '../peer.ts';
import { audienceId } from '../spiffe.ts';
import { apiKeyTokenType, jwtTokenType, tokenExchangeGrant } from '../token-service-client.ts';
import type { Issuance } from './issuance.ts';

const formType = 'application/x-www-form-urlencoded';

/** RFC 8693, 2.1, as far as needed: no actor, no resource. */
const exchangeSchema = z.strictObject({
  grant_type: z.literal(tokenExchangeGrant),
  subject_token: z.string().min(1).max(128),
  subject_token_type: z.literal(apiKeyTokenType),
  requested_token_type: z.literal(jwtTokenType).optional(),
  audience: z.string().max(256),
  scope: z.string().max(256).optional(),
});

/** POST /v1/token-exchange, with the request and response format of RFC 8693. */
export function installTokenExchange(
  app: HttpApp,
  ports: {
    readonly issuance: Issuance;
    readonly installation: InstallationId;
    readonly clock: Clock;
    readonly callerOf: (request: FastifyRequest) => Peer;
  },
): void {
  const { issuance, installation, clock, callerOf } = ports;
  app.addContentTypeParser(formType, { parseAs: 'string' }, (_request, body, done) =>
    done(null, new URLSearchParams(String(body))),
  );
  app.post('/v1/token-exchange', async (request, reply) => {
    const { workload, thumbprint } = callerOf(request);
    const asked = read(request.body);
    if (asked.audience !== audienceId(installation, 'api')) throw invalid('The audience must be the api.');
    const scopes = asked.scope?.split(' ').filter(Boolean);
    const issued = await issuance.exchange(workload, { key: asked.subject_token, scopes }, thumbprint);
    return reply.header('cache-control', 'no-store').send({
      access_token: issued.token,
      issued_token_type: jwtTokenType,
      // Not a bearer token: it is bound to the requester's certificate.
      token_type: 'N_A',
      expires_in: Math.max(1, Math.floor((issued.expiresAtMs - clock.now()) / 1000)),
      scope: issued.scopes.join(' '),
    });
  });
}

function read(body: unknown): z.infer<typeof exchangeSchema> {
  if (!(body instanceof URLSearchParams)) throw invalid(`Send the request as ${formType}.`);
  const names = [...body.keys()];
  if (new Set(names).size !== names.length) throw invalid('A parameter is repeated (RFC 6749, 3.2).');
  const parsed = exchangeSchema.safeParse(Object.fromEntries(body));
  if (parsed.success) return parsed.data;
  throw invalid('This is not a token exchange of an API key (RFC 8693, 2.1).');
}

const invalid = (message: string) => callerFault('identity.invalid', message, 400);
