import { validate } from '@scalar/openapi-parser';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import { clientTypes } from '#test/client-types.ts';
import type { Answer } from '#test/security/world/doors.ts';
import { eventually, startWorld, type World } from '#test/security/world/world.ts';
import { follow } from './follow.ts';

type Json = Record<string, unknown>;
interface JsonSchema extends Json {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly minLength?: number;
  readonly minItems?: number;
  readonly pattern?: string;
}
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, { readonly content?: Json }>>;
}

let world: World;
let tenant: TenantId;
let session: string;
let document: { paths: Record<string, Record<string, Operation>> };
const guild = '80351110224678912';
const ajv = new Ajv2020({ strict: false, allErrors: false, logger: false });
addFormats.default(ajv);

beforeAll(async () => {
  world = await startWorld();
  tenant = await world.bareTenant();
  session = await world.session('discord:100', { tenant, role: 'owner' });
  document = (await world.doors.public({ path: '/openapi.json' })).body as typeof document;
});
afterAll(() => world?.[Symbol.asyncDispose]());

interface Named {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body: JsonSchema | undefined;
}

/** A value for each path parameter: of the right format, but of nothing that exists. */
const places = (): Readonly<Record<string, string>> => ({
  tenant,
  guild,
  subject: 'discord:4242',
  user: '4242',
  invitation: 'inv_01h2xcejqtf2nbrexx3vqjhp41',
  key: 'key_01h2xcejqtf2nbrexx3vqjhp41',
  decision: 'dec_01h2xcejqtf2nbrexx3vqjhp41',
  entry: 'ent_01h2xcejqtf2nbrexx3vqjhp41',
  check: 'token',
  kind: 'authority',
  operator: '4242',
  node: 'main',
  machine: 'oslo',
  hosted: tenant,
  workflow: 'nothing-1',
  deletion: 'del_01h2xcejqtf2nbrexx3vqjhp41',
  schedule: 'no-such-task',
  projection: 'no-such-model',
  deadLetter: 'edl_01h2xcejqtf2nbrexx3vqjhp41',
  webhook: 'whk_01h2xcejqtf2nbrexx3vqjhp41',
  feature: 'lyrics',
  delivery: 'whd_01h2xcejqtf2nbrexx3vqjhp41',
});
const placed = (path: string, own = places()): string =>
  path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = own[name];
    if (value === undefined) throw new Error(`say what stands in the place of {${name}}`);
    return encodeURIComponent(value);
  });

const operations = (): Named[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      operation,
      method: method.toUpperCase() as Named['method'],
      path: placed(path),
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

  it('is what the types of the client were generated from: `npm run client` regenerates them', async () => {
    await expect(await clientTypes(document)).toMatchFileSnapshot('../../services/contracts/api.ts');
  });

  it('has a unique id and summary, a tag and a description for each operation', () => {
    const all = operations();
    expect(all.length).toBeGreaterThan(15);
    for (const { operation, method, path } of all) {
      expect(operation, `${method} ${path}`).toMatchObject({
        operationId: expect.any(String),
        tags: [expect.any(String)],
        summary: expect.stringMatching(/^[A-Z][^.`]{2,29}$/),
        description: expect.stringMatching(/^.{5,}[.?]$/),
      });
    }
    const ids = all.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(all.map(({ operation }) => operation.summary)).size).toBe(all.length);
  });

  it('describes the success of each operation, and its refusals as problems', () => {
    for (const { operation } of operations()) {
      const statuses = Object.keys(operation.responses);
      // What may take longer than a person waits has a second one, which says that it continues.
      const complete = statuses.filter((status) => /^[23]/.test(status) && status !== '202');
      const accepted = statuses.filter((status) => status === '202');
      expect(complete.length || accepted.length, operation.operationId).toBe(1);
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

  it('names every method of a path: any other is answered with 405 and that list', async () => {
    const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
    // Checking the document blocks this process and with it the revocation feed: nothing is authorized until the feed
    // is heard again.
    await expect.poll(async () => (await world.doors.public({ path: '/v1/me', session })).status).toBe(200);
    for (const [path, described] of Object.entries(document.paths)) {
      const served = Object.keys(described).map((method) => method.toUpperCase());
      for (const method of methods.filter((each) => !served.includes(each))) {
        const answer = await world.doors.public({ method, path: placed(path), session });
        expect(answer, `${method} ${path}`).toMatchObject({ status: 405, body: { code: 'http.method' } });
        const allow = String(answer.headers['allow']).split(', ');
        const implied = served.includes('GET') ? ['HEAD', 'OPTIONS'] : ['OPTIONS'];
        expect(new Set(allow), path).toEqual(new Set([...served, ...implied]));
      }
    }
  });

  it('reveals no internals: no grant, no platform header, no operation that is not public', () => {
    const text = JSON.stringify(document);
    expect(text).not.toMatch(/bailiwick-grant|txn-token|spiffe/i);
    expect(Object.keys(document.paths).every((path) => path.startsWith('/v1/'))).toBe(true);
  });
});

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** A value that satisfies the schema, as small as possible. */
function sample(schema: JsonSchema): unknown {
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return sample(schema.anyOf[0]);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((name) => [name, sample(schema.properties?.[name] ?? {})]));
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}));
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    default: {
      const plain = 'x'.repeat(Math.max(1, Number(schema.minLength ?? 1)));
      if (schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(plain)) return plain;
      return fc.sample(fc.stringMatching(new RegExp(schema.pattern)), { numRuns: 1, seed: 1 })[0];
    }
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
  const allows = ajv.compile({ ...schema, components: (document as unknown as { components: object }).components });
  return fc.oneof(unknownField, wrongType, overLimit, missing, other).filter((body) => !allows(body));
}

/** The response matches its description: its status is in the document, and its body fits the schema. */
function asDescribed({ operation }: Named, answer: Answer): void {
  const described = operation.responses[String(answer.status)];
  expect(
    described,
    `${operation.operationId} answers ${answer.status}, which is not described: ${answer.text}`,
  ).toBeDefined();
  const [type = ''] = String(answer.headers['content-type'] ?? '').split(';');
  const schema = (described?.content as Record<string, { schema?: object }> | undefined)?.[type]?.schema;
  if (!schema || !type.endsWith('json') || type.includes('ndjson')) return;
  const { components } = document as unknown as { components: object };
  const validates = ajv.compile({ ...schema, components });
  expect(
    validates(answer.body),
    `${operation.operationId}: ${ajv.errorsText(validates.errors)} in ${answer.text}`,
  ).toBe(true);
}

/** For operations whose smallest body is invalid: one of two fields is required, which the schema cannot express. */
const bodies: Readonly<Record<string, unknown>> = { copyPolicy: { to: '80351110224678913' } };

/** A valid request, sent as this person. */
async function request(named: Named, as: string | undefined, path = named.path): Promise<Answer> {
  const { method, body } = named;
  const answer = await world.doors.public({
    method,
    path,
    ...(as === undefined ? {} : { session: as }),
    ...(body ? { body: bodies[named.operation.operationId] ?? sample(body) } : {}),
  });
  asDescribed(named, answer);
  return answer;
}

const isPublic = ({ operation }: Named): boolean => operation.security?.length === 0;
const isStream = ({ operation }: Named): boolean =>
  Object.values(operation.responses).some(({ content }) => content && 'text/event-stream' in content);
const inTenants = (): Named[] => operations().filter(({ path }) => path.startsWith(`/v1/tenants/${tenant}`));

/** Read-only in spite of their method. */
const harmless = new Set(['validatePolicy', 'tryPolicy']);

describe('every operation', () => {
  it('answers the owner of the tenant as described', async () => {
    const answered: string[] = [];
    for (const named of operations()) {
      const { operationId } = named.operation;
      if (isPublic(named) || isStream(named) || (named.method !== 'GET' && !harmless.has(operationId))) continue;
      if ((await request(named, session)).status === 200) answered.push(operationId);
    }
    expect(answered.length).toBeGreaterThan(15);
  });

  it('that streams sends events as described', async () => {
    const viewer = await world.session('discord:902', { tenant, role: 'viewer' });
    const url = `http://127.0.0.1:${world.parts.proxy.publicPort}`;
    // Two denials, so that the log has a record after the first.
    for (let count = 0; count < 2; count += 1)
      await world.doors.public({ method: 'POST', path: `/v1/tenants/${tenant}/suspend`, session: viewer, body: {} });
    const waitedFor: Readonly<Record<string, string>> = {
      followAudit: 'record',
      followOnboarding: 'state',
      followTenant: 'instance',
    };
    const streams = operations().filter(isStream);
    expect(streams.map(({ operation }) => operation.operationId).toSorted()).toEqual(Object.keys(waitedFor));
    for (const { operation, path } of streams) {
      const { operationId } = operation;
      await using stream = await follow(url, path + (operationId === 'followAudit' ? '?after=0' : ''), session);
      await eventually(`${operationId} tells what it is followed for`, () =>
        stream.events.some(({ event }) => event === waitedFor[operationId]),
      );
      const content = operation.responses['200']?.content as Record<string, { schema: object }>;
      const validates = ajv.compile(content['text/event-stream']?.schema ?? false);
      for (const event of stream.events)
        expect(validates(event), `${ajv.errorsText(validates.errors)} in ${JSON.stringify(event)}`).toBe(true);
      expect(validates({ event: 'another', data: {} })).toBe(false);
    }
  });

  it('is refused without a session, and changes nothing', async () => {
    const before = await world.state();
    for (const named of operations()) {
      if (isPublic(named)) continue;
      for (const as of [undefined, 'nobody', `bwk_${'0'.repeat(26)}_${'A'.repeat(43)}`])
        expect((await request(named, as)).status, `${named.operation.operationId} as ${as}`).toBe(401);
    }
    expect(await world.state()).toBe(before);
  });

  it('reveals nothing of the tenant to the owner of another one, and changes nothing', async () => {
    const stranger = await world.session('discord:900', { tenant: await world.bareTenant(), role: 'owner' });
    const before = await world.state();
    for (const named of inTenants())
      expect(await request(named, stranger), named.operation.operationId).toMatchObject({
        status: 404,
        code: 'tenant.unknown',
      });
    expect(await world.state()).toBe(before);
  });

  it('that changes something is refused to a viewer, and changes nothing', async () => {
    const viewer = await world.session('discord:901', { tenant, role: 'viewer' });
    const before = await world.state();
    for (const named of inTenants()) {
      if (named.method === 'GET' || harmless.has(named.operation.operationId)) continue;
      expect((await request(named, viewer)).status, named.operation.operationId).toBe(403);
    }
    expect(await world.state()).toBe(before);
  });
});

const problem = (answer: { status: number; code: string | undefined; headers: Json; text: string }): void => {
  // A browser returning from Discord is shown the problem on a page, since no program reads the response.
  if (answer.status === 302) {
    expect(answer.headers['location']).toMatch(/^\/sign-in\?problem=[a-z-]+\.[a-z-]+$/);
    return;
  }
  expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
  expect(answer.status, answer.text).toBeLessThan(500);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(answer.code).toMatch(/^[a-z-]+\.[a-z-]+$/);
};

describe('any request of an owner that the document does not allow', () => {
  it('is refused with a problem, never with an internal error, and changes nothing', async () => {
    const before = await world.state();
    for (const { operation, method, path, body } of operations()) {
      if (!body) continue;
      await of(
        operation,
        fc.assert(
          fc.asyncProperty(brokenBodies(body), async (broken) => {
            problem(await world.doors.public({ method, path, session, body: JSON.stringify(broken) }));
          }),
          { numRuns: 15 },
        ),
      );
    }
    expect(await world.state()).toBe(before);
  });

  it('is refused for a body or a query that the operation does not take', async () => {
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

  it('is refused for a malformed id', async () => {
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

  it('has a counterpart that the document allows, which succeeds', async () => {
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

/** Makes a failure name its operation. */
async function of({ operationId }: Operation, run: Promise<void>): Promise<void> {
  await run.catch((cause: unknown) => {
    throw new Error(`${operationId}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
}
