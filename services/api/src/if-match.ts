import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';

/** The version that a change is based on (RFC 9110, 13.1.1). */
export const ifMatchHeaders = z.object({ 'if-match': z.string().optional() });

export const etagOf = (version: number): string => `"${version}"`;

/** The version in If-Match, `any` for `*`; undefined if it is neither. */
export function matchedVersion(match: string): number | 'any' | undefined {
  if (match === '*') return 'any';
  const [, version] = /^"(\d{1,9})"$/.exec(match) ?? [];
  return version === undefined ? undefined : Number(version);
}

/**
 * The version that a change expects to replace; undefined if any may be replaced (`*`).
 * @throws BailiwickError api.if-match (400), api.precondition-required (428) if the header is missing (RFC 6585, 3)
 */
export function expectedVersion({ headers }: Pick<FastifyRequest, 'headers'>): number | undefined {
  const match = headers['if-match'];
  if (match === undefined)
    throw new BailiwickError({
      code: 'api.precondition-required',
      owner: 'caller',
      status: 428,
      message: 'Send the ETag that you read in If-Match, or `If-Match: *` to replace any version.',
    });
  const version = matchedVersion(match);
  if (version !== undefined) return version === 'any' ? undefined : version;
  throw callerFault('api.if-match', 'If-Match must be the ETag that you read, such as "3", or `*`.', 400);
}
