import { BailiwickError } from '#infra/kernel/errors.ts';
import type { Failure } from './saga.ts';

/** What is stored of an error: its code and its sentence, neither of which contains a secret. */
export class SagaFailure extends Error implements Failure {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'SagaFailure';
    this.code = code;
  }
}

/** The code of a failure that nobody foresaw. */
export const unexpectedFailure = 'saga.step-failed';

export const storable = (error: unknown): SagaFailure =>
  error instanceof BailiwickError
    ? new SagaFailure(error.code, error.message)
    : new SagaFailure(unexpectedFailure, 'The step failed unexpectedly. The log of the process has the cause.');

/** From what the library stored, which is no Error any more once it was read from the database. */
export function failureOf(error: unknown): SagaFailure {
  // Of a workflow that failed under a release that left the attempts to the library: the last one.
  const attempts = isObject(error) && Array.isArray(error['errors']) ? error['errors'] : [];
  const last: unknown = attempts.at(-1) ?? error;
  if (isObject(last) && typeof last['code'] === 'string' && typeof last['message'] === 'string')
    return new SagaFailure(last['code'], last['message']);
  return storable(error);
}

/** Without the Error around it. */
export const plain = ({ code, message }: Failure): Failure => ({ code, message });

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
