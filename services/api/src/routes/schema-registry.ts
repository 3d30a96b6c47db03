import type { FastifyError } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { takeJson } from '#infra/http/json-bodies.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import { toProblem } from '#infra/kernel/problem.ts';
import type { EventSchema } from '#infra/streaming/event-schemas.ts';
import { compatibilityLevel, registryErrorCodes, SchemaRegistry } from '#infra/streaming/schema-registry.ts';
import { publishedSchemas } from '#services/contracts/published-schemas.ts';
import { personOrKey } from '../operation-access.ts';
import type { ApiRoutes } from './api-routes.ts';

const at = '/v1/schema-registry';
const mediaType = 'application/vnd.schemaregistry.v1+json';
const invalidSchema = 42201;

/** Parameters that clients send and that change nothing here are ignored, as a registry of Confluent's does. */
const anyQuery = z.looseObject({});
const verboseQuery = z.looseObject({ verbose: z.string().optional() });
const idParams = z.object({ id: z.string() });
const subjectParams = z.object({ subject: z.string() });
const versionParams = z.object({ subject: z.string(), version: z.string() });
const givenSchema = z.looseObject({
  schema: z.string(),
  schemaType: z.string().default('AVRO'),
  references: z.array(z.unknown()).max(0, 'must be empty: schemas here refer to no others').optional(),
});

const textOf = ({ schema }: EventSchema): string => JSON.stringify(schema);
const shown = (each: EventSchema) => ({
  subject: each.subject,
  version: each.version,
  id: each.id,
  schemaType: 'JSON',
  schema: textOf(each),
});

/**
 * The schemas of what is on Kafka, for programs that ask a registry of Confluent's for them. It speaks that registry's
 * API, errors included, so it is described there and not in this API's document:
 * https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
export const schemaRegistryRoutes: ApiRoutes = (app, ports) => {
  app.register((scope, _options, done) => {
    const own = scope as unknown as HttpApp;
    takeJson(own, [mediaType, 'application/json']);
    answerAsRegistry(own);
    const registry = new SchemaRegistry(publishedSchemas());
    schemas(registry)(own.withTypeProvider<ZodTypeProvider>(), ports);
    subjects(registry)(own.withTypeProvider<ZodTypeProvider>(), ports);
    checks(registry)(own.withTypeProvider<ZodTypeProvider>(), ports);
    done();
  });
};

/** Errors with the numbers of Confluent's, and its media type. */
function answerAsRegistry(scope: HttpApp): void {
  scope.addHook('onSend', async (_request, reply, payload) => {
    reply.type(mediaType);
    return payload;
  });
  scope.setErrorHandler((error: FastifyError | BailiwickError, request, reply) => {
    const isInvalid = 'validation' in error && error.validation !== undefined;
    const { status, code, title } = toProblem(error, request.id);
    if (isInvalid)
      return reply.code(422).send({ error_code: invalidSchema, message: `The request is invalid: ${error.message}` });
    const parsing = 'statusCode' in error && (error.statusCode ?? 500) < 500 ? error.statusCode : undefined;
    if (parsing !== undefined)
      return reply.code(parsing).send({ error_code: parsing, message: 'The request could not be parsed.' });
    if (status >= 500) request.log.error({ err: error }, 'request failed');
    if (status === 503) reply.header('retry-after', '1');
    return reply.code(status).send({ error_code: registryErrorCodes[code] ?? status, message: title });
  });
}

const operation = (operationId: string) => ({ operationId, hide: true });
const mayRead = personOrKey('event-schema.read');

const schemas =
  (registry: SchemaRegistry): ApiRoutes =>
  (app, { config: own }) => {
    const config = { ...own, access: mayRead };
    app.get(
      `${at}/schemas/types`,
      { config, schema: { ...operation('listSchemaTypes'), querystring: anyQuery } },
      () => ['JSON'],
    );
    app.get(
      `${at}/schemas/ids/:id`,
      { config, schema: { ...operation('readSchema'), params: idParams, querystring: anyQuery } },
      ({ params }) => ({ schemaType: 'JSON', schema: textOf(registry.byId(params.id)) }),
    );
    app.get(
      `${at}/schemas/ids/:id/schema`,
      { config, schema: { ...operation('readSchemaText'), params: idParams, querystring: anyQuery } },
      ({ params }) => registry.byId(params.id).schema,
    );
    app.get(
      `${at}/schemas/ids/:id/versions`,
      { config, schema: { ...operation('readSchemaVersions'), params: idParams, querystring: anyQuery } },
      ({ params }) => {
        const { subject, version } = registry.byId(params.id);
        return [{ subject, version }];
      },
    );
  };

const subjects =
  (registry: SchemaRegistry): ApiRoutes =>
  (app, { config: own }) => {
    const config = { ...own, access: mayRead };
    app.get(`${at}/subjects`, { config, schema: { ...operation('listSubjects'), querystring: anyQuery } }, () =>
      registry.subjects(),
    );
    app.get(
      `${at}/subjects/:subject/versions`,
      { config, schema: { ...operation('listSubjectVersions'), params: subjectParams, querystring: anyQuery } },
      ({ params }) => registry.versionsOf(params.subject).map(({ version }) => version),
    );
    app.get(
      `${at}/subjects/:subject/versions/:version`,
      { config, schema: { ...operation('readSubjectVersion'), params: versionParams, querystring: anyQuery } },
      ({ params }) => shown(registry.version(params.subject, params.version)),
    );
    app.get(
      `${at}/subjects/:subject/versions/:version/schema`,
      { config, schema: { ...operation('readSubjectVersionText'), params: versionParams, querystring: anyQuery } },
      ({ params }) => registry.version(params.subject, params.version).schema,
    );
    const given = { params: subjectParams, querystring: anyQuery, body: givenSchema };
    app.post(
      `${at}/subjects/:subject`,
      { config, schema: { ...operation('findSchema'), ...given } },
      ({ params, body }) => shown(registry.registered(params.subject, body)),
    );
    app.post(
      `${at}/subjects/:subject/versions`,
      { config, schema: { ...operation('registerSchema'), ...given } },
      ({ params, body }) => ({ id: registry.register(params.subject, body).id }),
    );
  };

const checks =
  (registry: SchemaRegistry): ApiRoutes =>
  (app, { config: own }) => {
    const config = { ...own, access: mayRead };
    const result = (messages: string[], { verbose }: { verbose?: string | undefined }) => ({
      is_compatible: messages.length === 0,
      ...(verbose === 'true' ? { messages } : {}),
    });
    app.post(
      `${at}/compatibility/subjects/:subject/versions/:version`,
      {
        config,
        schema: {
          ...operation('checkCompatibility'),
          params: versionParams,
          querystring: verboseQuery,
          body: givenSchema,
        },
      },
      ({ params, query, body }) =>
        result(registry.incompatibilities([registry.version(params.subject, params.version)], body), query),
    );
    app.post(
      `${at}/compatibility/subjects/:subject/versions`,
      {
        config,
        schema: {
          ...operation('checkCompatibilityWithAll'),
          params: subjectParams,
          querystring: verboseQuery,
          body: givenSchema,
        },
      },
      ({ params, query, body }) => result(registry.incompatibilities(registry.versionsOf(params.subject), body), query),
    );
    app.get(`${at}/config`, { config, schema: { ...operation('readRegistryConfig'), querystring: anyQuery } }, () => ({
      compatibilityLevel,
    }));
    app.get(
      `${at}/config/:subject`,
      { config, schema: { ...operation('readSubjectConfig'), params: subjectParams, querystring: anyQuery } },
      ({ params }) => {
        registry.versionsOf(params.subject);
        return { compatibilityLevel };
      },
    );
    app.get(`${at}/mode`, { config, schema: { ...operation('readRegistryMode'), querystring: anyQuery } }, () => ({
      mode: 'READONLY',
    }));
  };
