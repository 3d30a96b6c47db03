import fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { FakeClock } from '#infra/kernel/clock.ts';
import { faultsOf } from '#infra/kernel/faults.ts';
import { groups } from '../build.ts';
import type { ApiPorts } from '../routes/api-routes.ts';

interface Operation {
  readonly id: string;
  readonly part: string;
  readonly schema: z.ZodType;
}

/** The parts of a request that every operation reads, without anything behind it. */
async function operations(): Promise<Operation[]> {
  const app = fastify() as unknown as HttpApp;
  const found: Operation[] = [];
  app.addHook('onRoute', ({ schema }) => {
    for (const part of ['body', 'querystring', 'params', 'headers'] as const) {
      const of = (schema as Record<string, unknown> | undefined)?.[part];
      if (of instanceof z.ZodType) found.push({ id: String(Object(schema)['operationId']), part, schema: of });
    }
  });
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);
  // Slots for streams are counted from the beginning.
  const ports = { config: { action: 'api.public' }, clock: new FakeClock() } as unknown as ApiPorts;
  for (const group of groups) group(app.withTypeProvider<ZodTypeProvider>(), ports);
  await app.ready();
  await app.close();
  return found;
}

const rubbish = [
  undefined,
  null,
  true,
  5,
  -1.5,
  1e300,
  '',
  '\u200b',
  'a\u202eb',
  'x'.repeat(9_999),
  [],
  [{}],
  {},
  { more: 1 },
];

/** Values with one fault each: the whole, and each field of it, as deep as objects and lists go. */
function* wrong(schema: z.ZodType, depth = 0): Generator<unknown> {
  yield* rubbish;
  if (depth > 5) return;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    yield* wrong(schema.unwrap() as z.ZodType, depth);
  else if (schema instanceof z.ZodArray)
    for (const value of wrong(schema.element as z.ZodType, depth + 1)) yield [value];
  else if (schema instanceof z.ZodUnion) for (const option of schema.options) yield* wrong(option as z.ZodType, depth);
  else if (schema instanceof z.ZodObject)
    for (const [name, field] of Object.entries(schema.shape))
      for (const value of wrong(field as z.ZodType, depth + 1)) yield { [name]: value };
}

test('no fault of any operation is told in the words of the library', async () => {
  const told = new Set<string>();
  const all = await operations();
  for (const { schema } of all)
    for (const value of wrong(schema))
      for (const { message } of faultsOf(schema.safeParse(value).error?.issues ?? [])) told.add(message);
  expect(all.length).toBeGreaterThan(50);
  expect(told.size).toBeGreaterThan(20);
  expect([...told].filter((message) => !/^(?:must|is|are|has|names|sets|does) [^A-Z]/.test(message))).toEqual([]);
});
