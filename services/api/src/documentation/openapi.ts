import fastifySwagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { takesIdempotencyKey } from '../idempotency.ts';
import { scopesFor, type OperationAccess } from '../operation-access.ts';
import { cookieNames } from '../sessions/cookies.ts';
import { groups } from './groups.ts';
import { introduction } from './introduction.ts';
import { operationNames } from './operation-names.ts';
import { problemMediaType, problemSchema } from '#infra/kernel/problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Statuses of refusals beside those that follow from what the operation takes; for its description. */
    problems?: readonly number[];
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'Nobody is signed in.',
  403: 'Not allowed for whoever is signed in.',
  404: 'There is no such thing, or whoever is signed in may not know of it.',
  409: 'It does not fit the state in which things are.',
  412: 'Somebody else changed it meanwhile.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  416: 'What was asked for lies behind the end.',
  422: 'The document has faults; each is listed with its place.',
  424: 'Something that this needs is away.',
  428: 'It would replace what whoever asks may not have seen: If-Match is missing.',
  429: 'Too many requests.',
  502: 'Something behind the platform did not answer properly.',
  503: 'The platform cannot do or decide this right now.',
};

/**
 * The OpenAPI document, made of the schemas that validate, and served at /openapi.json. Every operation says which
 * refusals it has, as application/problem+json (RFC 9457).
 */
export async function describeApi(app: HttpApp, publicUrl: string): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bailiwick API',
        version: '1',
        description: introduction(publicUrl).trim(),
      },
      servers: [{ url: publicUrl }],
      components: {
        securitySchemes: {
          session: {
            type: 'http',
            scheme: 'bearer',
            description: "A person's session, as the command line has it",
          },
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key (`bwk_…`); each operation names the scopes that open it, one of which is enough',
          },
          browser: { type: 'apiKey', in: 'cookie', name: cookieNames.access, description: "A browser's session" },
        },
        schemas: { Problem: problemJsonSchema() },
      },
      security: personSecurity,
      tags: groups.map((group) => ({ ...group })),
    },
    transform: (document) => {
      const { schema, url } = jsonSchemaTransform(document);
      const { body, params } = document.schema ?? {};
      const path = [...(params ? [403, 404] : []), ...(body ? [413, 415] : [])];
      const idempotent = takesIdempotencyKey({ method: document.route.method, schema: document.schema });
      const keyed = idempotent ? [403, 409, 422] : [];
      const statuses = [400, 401, ...path, ...keyed, ...(document.route.config?.problems ?? []), 429, 503];
      const problems = [...statuses, 'default' as const].map((status) => [status, problemResponse(status)]);
      const response = { ...responseOf(schema), ...Object.fromEntries(problems) };
      const security = securityOf(document.route.config?.access);
      const headers = idempotent ? { headers: withKey(schema) } : {};
      return { url, schema: { ...schema, ...named(schema), ...security, ...headers, response } };
    },
  });
  app.get('/openapi.json', { config: { action: 'api.public' }, schema: { hide: true } }, () => app.swagger());
}

/** A short name, and as the description what the operation's route says of it. */
function named(schema: object): { summary?: string; description?: string } {
  const { operationId, summary } = schema as { operationId?: string; summary?: string };
  const name = operationId === undefined ? undefined : operationNames[operationId];
  if (name === undefined || summary === undefined) return {};
  return { summary: name, description: /[.?]$/.test(summary) ? summary : `${summary}.` };
}

const personSecurity: Record<string, string[]>[] = [{ session: [] }, { browser: [] }];

/** A person's session opens every operation; API keys open those that are for them, by scope. */
function securityOf(access: OperationAccess | undefined): { security?: Record<string, string[]>[] } {
  if (!access || access.to === 'anybody') return {};
  return { security: [...personSecurity, ...scopesFor(access).map((scope) => ({ apiKey: [scope] }))] };
}

const idempotencyKey = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description: 'The same key with the same request gives the same answer for a day, and nothing is done twice',
};

/** The headers that an operation describes, and the key. */
function withKey(schema: object): object {
  const described = 'headers' in schema && typeof schema.headers === 'object' ? schema.headers : {};
  const known = described && 'properties' in described ? (described.properties as object) : {};
  return { type: 'object', ...described, properties: { ...known, 'idempotency-key': idempotencyKey } };
}

const responseOf = (schema: object): object =>
  'response' in schema && typeof schema.response === 'object' && schema.response !== null ? schema.response : {};

/**
 * `default` stands for what any request can be refused for before it is looked at, such as headers that are too large.
 */
const problemResponse = (status: number | 'default') => ({
  description: (status === 'default' ? undefined : titles[status]) ?? 'Refused.',
  content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
});

function problemJsonSchema() {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(problemSchema, { io: 'output' });
  return schema as Record<string, unknown>;
}
