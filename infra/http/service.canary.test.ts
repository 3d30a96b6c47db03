import fastify, { type FastifyError } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { z } from 'zod';

test("fastify-type-provider-zod gives zod's faults with their code, place and parameters", async () => {
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  let faults: FastifyError['validation'];
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    faults = error.validation;
    return reply.code(400).send();
  });
  const body = z.strictObject({ names: z.array(z.string().max(3)) });
  app.withTypeProvider<ZodTypeProvider>().post('/', { schema: { body } }, () => 'fine');
  await app.inject({ method: 'POST', url: '/', payload: { names: ['Ada', 'Grace'] } });
  await app.close();
  expect(
    faults,
    'fastify-type-provider-zod tells faults in another form: infra/http/service.ts turns them back into those of zod, with their codes and places',
  ).toEqual([
    expect.objectContaining({
      keyword: 'too_big',
      instancePath: '/names/1',
      message: expect.any(String),
      params: expect.objectContaining({ origin: 'string', maximum: 3 }),
    }),
  ]);
});
