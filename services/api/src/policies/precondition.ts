import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { BailiwickError, callerFault, hasCode } from '#infra/kernel/errors.ts';
import { ifMatchHeaders, matchedVersion } from '../if-match.ts';

/** What a change of a policy may state about the version that it replaces (RFC 9110, 13.1). */
export const preconditionHeaders = ifMatchHeaders.extend({
  'if-none-match': z.string().optional(),
});

/** One version, any version, or none yet; unstated is valid if there is none yet. */
export type Precondition = number | 'any' | 'none' | 'unsaid';

/** @throws BailiwickError policy.if-match, policy.if-none-match (400) */
export function preconditionOf({ headers }: Pick<FastifyRequest, 'headers'>): Precondition {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (noneMatch !== undefined && (noneMatch !== '*' || match !== undefined))
    throw callerFault(
      'policy.if-none-match',
      'Send `If-None-Match: *`, without If-Match, only to create a policy for a guild that has none.',
      400,
    );
  if (noneMatch !== undefined) return 'none';
  if (match === undefined) return 'unsaid';
  const version = matchedVersion(match);
  if (version !== undefined) return version;
  throw callerFault(
    'policy.if-match',
    'If-Match must be the ETag of the version that you read, such as "3", or `*`.',
    400,
  );
}

/** The version that must be the current one; undefined if any may be. */
export function expectedBy(precondition: Precondition): number | undefined {
  if (precondition === 'any') return undefined;
  return typeof precondition === 'number' ? precondition : 0;
}

/** A caller that did not state what it replaces may not have seen it (RFC 6585, 3). */
export function unlessUnsaid(precondition: Precondition, error: unknown): unknown {
  if (precondition !== 'unsaid' || !hasCode(error, 'policy.conflict')) return error;
  return new BailiwickError({
    code: 'api.precondition-required',
    owner: 'caller',
    status: 428,
    message: 'This guild has a policy. Read it and send its ETag in If-Match, or `If-Match: *` to replace any version.',
    cause: error,
  });
}
