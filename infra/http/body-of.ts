import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { faultsOf } from '#infra/kernel/faults.ts';

/** Reads a request's body; each fault is listed with its location and no value is repeated. */
export function bodyOf<Schema extends z.ZodType>(request: FastifyRequest, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(request.body);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error.issues);
  throw callerFault('http.invalid', 'The request is invalid; each fault is listed with its location.', 400, faults);
}
