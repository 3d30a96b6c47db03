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
import { describedWebhooks } from './webhooks.ts';
import { problemMediaType, problemSchema } from '#infra/kernel/problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Statuses of refusals besides those that follow from the operation's parameters; for its description. */
    problems?: readonly number[];
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'The request is invalid.',
  401: 'You are not signed in, or the credentials are invalid.',
  403: 'You are not allowed to do this.',
  404: 'Not found, or not visible to you.',
  409: 'The request conflicts with the current state.',
  412: 'It has changed since you read it.',
  413: 'The request body is too large.',
  415: 'The media type of the request body is not supported.',
  416: 'The requested range lies beyond the end.',
  422: 'The request cannot be processed; any faults are listed with their locations.',
  424: 'Something that this request depends on is unavailable.',
  428: 'If-Match is required to replace what is there.',
  429: 'Too many requests.',
  502: 'An upstream service failed or gave an invalid response.',
  503: 'The platform cannot process this request right now.',
};

/**
 * The OpenAPI document, generated from the schemas that validate, and served at /openapi.json. Every operation lists
 * its refusals, as application/problem+json (RFC 9457).
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
      webhooks: describedWebhooks,
      components: {
        securitySchemes: {
          session: {
            type: 'http',
            scheme: 'bearer',
            description: "A person's session, as used by the command line",
          },
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key (`bwk_…`) with any one of the scopes that the operation lists',
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

/** A short name, and the route's summary as the description. */
function named(schema: object): { summary?: string; description?: string } {
  const { operationId, summary } = schema as { operationId?: string; summary?: string };
  const name = operationId === undefined ? undefined : operationNames[operationId];
  if (name === undefined || summary === undefined) return {};
  return { summary: name, description: /[.?]$/.test(summary) ? summary : `${summary}.` };
}

const personSecurity: Record<string, string[]>[] = [{ session: [] }, { browser: [] }];

/** A person's session gives access to every operation; API keys to those that accept them, by scope. */
function securityOf(access: OperationAccess | undefined): { security?: Record<string, string[]>[] } {
  if (!access || access.to === 'anybody') return {};
  return { security: [...personSecurity, ...scopesFor(access).map((scope) => ({ apiKey: [scope] }))] };
}

const idempotencyKey = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description: 'For a day, repeating the request with the same key returns the first response and does nothing twice',
};

/** The headers that an operation describes, and the key. */
function withKey(schema: object): object {
  const described = 'headers' in schema && typeof schema.headers === 'object' ? schema.headers : {};
  const known = described && 'properties' in described ? (described.properties as object) : {};
  return { type: 'object', ...described, properties: { ...known, 'idempotency-key': idempotencyKey } };
}

const responseOf = (schema: object): object =>
  'response' in schema && typeof schema.response === 'object' && schema.response !== null ? schema.response : {};

/** `default` stands for refusals of any request before it is processed, such as headers that are too large. */
const problemResponse = (status: number | 'default') => ({
  description: (status === 'default' ? undefined : titles[status]) ?? 'The request was refused.',
  content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
});

function problemJsonSchema() {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(problemSchema, { io: 'output' });
  return schema as Record<string, unknown>;
}
