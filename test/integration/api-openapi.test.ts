import { validate } from '@scalar/openapi-parser';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import { clientTypes } from '#test/client-types.ts';
import { startWorld, type World } from '#test/security/world/world.ts';

type Json = Record<string, unknown>;
interface JsonSchema extends Json {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly minLength?: number;
}
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Json }>>;
}

let world: World;
let tenant: TenantId;
let session: string;
let document: { paths: Record<string, Record<string, Operation>> };
const guild = '80351110224678912';

beforeAll(async () => {
  world = await startWorld();
  tenant = await world.bareTenant();
  session = await world.session('discord:100', { tenant, role: 'owner' });
  document = (await world.doors.public({ path: '/openapi.json' })).body as typeof document;
});
afterAll(() => world?.[Symbol.asyncDispose]());

interface Named {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body: JsonSchema | undefined;
}

const operations = (): Named[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      operation,
      method: method.toUpperCase() as Named['method'],
      path: path.replace('{tenant}', tenant).replace('{guild}', guild),
      body: operation.requestBody?.content['application/json']?.schema,
    })),
  );

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await validate(JSON.stringify(document));
    expect(errors).toEqual([]);
    expect(valid).toBe(true);
    expect(document).toMatchObject({ openapi: '3.1.0' });
  });

  it('is what the types of the client were made from: `npm run client` makes them anew', async () => {
    await expect(await clientTypes(document)).toMatchFileSnapshot('../../services/contracts/api.ts');
  });

  it('has an id, a tag and a summary for each operation, and no id twice', () => {
    const all = operations();
    expect(all.length).toBeGreaterThan(15);
    for (const { operation, method, path } of all) {
      expect(operation, `${method} ${path}`).toMatchObject({
        operationId: expect.any(String),
        tags: [expect.any(String)],
        summary: expect.any(String),
      });
    }
    const ids = all.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes a success and the refusals of each operation as problems', () => {
    for (const { operation } of operations()) {
      const statuses = Object.keys(operation.responses);
      expect(
        statuses.filter((status) => /^[23]/.test(status)),
        operation.operationId,
      ).toHaveLength(1);
      const wanted = operation.parameters?.some((parameter) => parameter.in === 'path')
        ? ['400', '401', '403', '404']
        : ['400', '401'];
      expect(statuses, operation.operationId).toEqual(expect.arrayContaining(wanted));
      for (const status of statuses.filter((code) => code >= '400')) {
        expect(operation.responses[status]?.content, `${operation.operationId} ${status}`).toEqual({
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        });
      }
    }
  });

  it('says nothing of what is behind: no grant, no header of the platform, no operation that the public does not have', () => {
    const text = JSON.stringify(document);
    expect(text).not.toMatch(/bailiwick-grant|txn-token|spiffe/i);
    expect(Object.keys(document.paths).every((path) => path.startsWith('/v1/'))).toBe(true);
  });
});

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** A value that this schema takes, as small as it can be. */
function sample(schema: JsonSchema): unknown {
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return sample(schema.anyOf[0]);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? {})]));
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    default:
      return 'x'.repeat(Math.max(1, Number(schema['minLength'] ?? 1)));
  }
}

/** Bodies that break the schema in one place, or altogether. */
function brokenBodies(schema: JsonSchema): fc.Arbitrary<unknown> {
  const good = sample(schema) as Json;
  const names = Object.keys(schema.properties ?? {});
  const unknownField = fc
    .tuple(fc.string({ minLength: 1 }), fc.jsonValue())
    .filter(([name]) => !names.includes(name) && name !== '__proto__')
    .map(([name, value]) => ({ ...good, [name]: value }));
  const wrongType = fc
    .tuple(fc.constantFrom(...names), fc.jsonValue())
    .filter(([name, value]) => !fits(schema.properties?.[name] ?? {}, value))
    .map(([name, value]) => ({ ...good, [name]: value }));
  const overLimit = fc
    .tuple(
      fc.constantFrom(...names),
      fc.constantFrom(
        'x'.repeat(5_000),
        1e308,
        -1,
        Array.from({ length: 2_000 }, () => 1),
        '\u0000',
      ),
    )
    .map(([name, value]) => ({ ...good, [name]: value }));
  const missing = fc
    .constantFrom(...(schema.required ?? names))
    .map((name) => Object.fromEntries(Object.entries(good).filter(([field]) => field !== name)));
  const other = fc.jsonValue().filter((value) => typeOf(value) !== 'object');
  return fc.oneof(unknownField, wrongType, overLimit, missing, other);
}

const fits = (schema: JsonSchema, value: unknown): boolean =>
  (schema.type === 'integer' ? 'number' : schema.type) === typeOf(value);

const problem = (answer: { status: number; code: string | undefined; headers: Json; text: string }): void => {
  // A browser that comes back from Discord is shown the problem on a page; there is nobody who reads an answer.
  if (answer.status === 302) {
    expect(answer.headers['location']).toMatch(/^\/sign-in\?problem=[a-z-]+\.[a-z-]+$/);
    return;
  }
  expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
  expect(answer.status, answer.text).toBeLessThan(500);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.code).toMatch(/^[a-z-]+\.[a-z-]+$/);
};

describe('whatever an owner sends that the document does not allow', () => {
  it('is refused with a problem, never with a fault of ours, and nothing is changed', async () => {
    const before = await world.state();
    for (const { operation, method, path, body } of operations()) {
      if (!body) continue;
      await of(
        operation,
        fc.assert(
          fc.asyncProperty(brokenBodies(body), async (broken) => {
            problem(await world.doors.public({ method, path, session, body: JSON.stringify(broken) }));
          }),
          { numRuns: 40 },
        ),
      );
    }
    expect(await world.state()).toBe(before);
  });

  it('is refused as a body or a query where there is none', async () => {
    const before = await world.state();
    const query = fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), value: fc.stringMatching(/^[a-z0-9]{0,8}$/) });
    for (const { operation, method, path, body } of operations()) {
      const known = new Set(
        (operation.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name),
      );
      await of(
        operation,
        fc.assert(
          fc.asyncProperty(query, async ({ name, value }) => {
            if (known.has(name)) return;
            problem(
              await world.doors.public({
                method,
                path: `${path}?${name}=${value}`,
                session,
                ...(body ? { body: sample(body) } : {}),
              }),
            );
          }),
          { numRuns: 5 },
        ),
      );
      if (body || method === 'GET') continue;
      await of(
        operation,
        fc.assert(
          fc.asyncProperty(
            fc.jsonValue().filter((value) => value !== null),
            async (extra) => {
              problem(await world.doors.public({ method, path, session, body: JSON.stringify(extra) }));
            },
          ),
          { numRuns: 10 },
        ),
      );
    }
    expect(await world.state()).toBe(before);
  });

  it('is refused in the place of an id', async () => {
    const before = await world.state();
    const segment = fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_~!$&'()*+,=:@-]{1,40}$/),
      fc.constantFrom('ten_', '0'.repeat(26), '%2A', '-1', '1e5', '18446744073709551616'),
    );
    const addresses = Object.keys(document.paths).filter((path) => path.includes('{tenant}'));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...addresses), segment, fc.boolean(), async (address, text, inGuild) => {
        if (/^(?:0|[1-9]\d{0,18})$/.test(text)) return;
        const places = inGuild && address.includes('{guild}') ? { tenant, guild: text } : { tenant: text, guild };
        const path = address.replace('{tenant}', places.tenant).replace('{guild}', places.guild);
        const [method = 'get'] = Object.keys(document.paths[address] ?? {});
        problem(await world.doors.public({ method: method.toUpperCase(), path, session }));
      }),
      { numRuns: 150 },
    );
    expect(await world.state()).toBe(before);
  });

  it('as their twin, what it does allow is done', async () => {
    const volume = operations().find(({ operation }) => operation.operationId === 'validatePolicy');
    const answer = await world.doors.public({
      method: 'POST',
      path: volume?.path ?? '',
      session,
      body: sample(volume?.body ?? {}),
    });
    expect(answer.status, answer.text).toBe(200);
  });
});

/** So that a failure names its operation. */
async function of({ operationId }: Operation, run: Promise<void>): Promise<void> {
  await run.catch((cause: unknown) => {
    throw new Error(`${operationId}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
}
