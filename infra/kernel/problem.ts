import { z } from 'zod';
import { BailiwickError, faultCodes, type Fault } from './errors.ts';

/** application/problem+json as sent by every listener (RFC 9457), with the stable code. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  faults: z.array(z.object({ at: z.string(), code: z.enum(faultCodes).optional(), message: z.string() })).optional(),
  /** How many faults there are besides the listed ones. */
  moreFaults: z.number().int().optional(),
  /** The values that the title contains, by name. */
  params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  requestId: z.string().optional(),
});

export type Problem = z.infer<typeof problemSchema>;

/** The media type of RFC 9457. */
export const problemMediaType = 'application/problem+json';

const maxFaults = 50;
const maxFaultText = 300;

/** The first faults; they contain input, so their number and length are bounded. */
function listed(faults: readonly Fault[]): Pick<Problem, 'faults' | 'moreFaults'> {
  const shown = faults.slice(0, maxFaults).map(({ at, message, ...fault }) => ({
    ...fault,
    at: shortened(at),
    message: shortened(message),
  }));
  return { faults: shown, ...(faults.length > maxFaults ? { moreFaults: faults.length - maxFaults } : {}) };
}

const shortened = (text: string): string => (text.length > maxFaultText ? `${text.slice(0, maxFaultText)}…` : text);

/** Turns any error into what may be shown: an unknown error reveals nothing of itself. */
export function toProblem(error: unknown, requestId?: string): Problem {
  const known =
    error instanceof BailiwickError
      ? error
      : new BailiwickError({
          code: 'platform.unexpected',
          owner: 'platform',
          status: 500,
          message: 'The platform failed. Try again. If this continues, give the operator the request id.',
        });
  return {
    type: `urn:bailiwick:problem:${known.code}`,
    title: known.message,
    status: known.status,
    code: known.code,
    ...(known.faults ? listed(known.faults) : {}),
    ...(known.params ? { params: known.params } : {}),
    ...(requestId ? { requestId } : {}),
  };
}

/** A peer's error response, rebuilt so that its code is passed on; undefined if it is not a problem. */
export function parseProblem(document: unknown): BailiwickError | undefined {
  const { success, data: problem } = problemSchema.safeParse(document);
  if (!success) return undefined;
  return new BailiwickError({
    code: problem.code,
    owner: problem.status >= 500 ? 'upstream' : 'caller',
    status: problem.status,
    message: problem.title,
    ...(problem.faults ? { faults: problem.faults } : {}),
    ...(problem.params ? { params: problem.params } : {}),
  });
}
