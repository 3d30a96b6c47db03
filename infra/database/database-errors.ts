import { BailiwickError } from '#infra/kernel/errors.ts';

interface Unavailability {
  readonly code: string;
  readonly message: string;
  readonly retryAfterSec: number;
}

const unavailable: Unavailability = {
  code: 'database.unavailable',
  message: 'The database cannot be reached. Try again in a moment.',
  retryAfterSec: 1,
};
const full: Unavailability = {
  code: 'database.full',
  message: 'The database is out of disk space, and nothing was changed. The operator has to free some.',
  retryAfterSec: 30,
};
const busy: Unavailability = {
  code: 'database.busy',
  message: 'The database is overloaded, and nothing was changed. Try again in a moment.',
  retryAfterSec: 2,
};
const conflict: Unavailability = {
  code: 'database.conflict',
  message: 'Somebody else changed this at the same time, so your change was not made. Try again.',
  retryAfterSec: 1,
};

/**
 * SQLSTATEs that mean that the database is unavailable, by code or by class (its first two characters). All others are
 * faults of the statement. https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
const bySqlState: Readonly<Record<string, Unavailability>> = {
  '08': unavailable, // connection exception
  '28': unavailable, // the role's password is being changed, or the server is another one
  '3D': unavailable, // no such database
  '53': busy, // insufficient resources: memory, connections
  '53100': full,
  '55P03': busy, // lock not available
  '57': unavailable, // operator intervention: shutdown, crash, still starting
  '57014': busy, // statement time-out
  '58': unavailable, // system error: input and output
  '25006': unavailable, // read-only: a standby
  '25P03': busy, // idle in a transaction for too long
  '25P04': busy, // transaction time-out
  '40': conflict, // serialization failure, deadlock
};

/** Prisma's own codes for the same. https://www.prisma.io/docs/orm/reference/error-reference */
const byPrismaCode: Readonly<Record<string, Unavailability>> = {
  P1000: unavailable,
  P1001: unavailable,
  P1002: unavailable,
  P1003: unavailable,
  P1008: busy,
  P1011: unavailable,
  P1017: unavailable,
  P2024: busy,
  P2028: busy,
  P2034: conflict,
  P2037: busy,
};

const socketCodes = /^E(?:CONN|HOST|NET|PIPE|TIMEDOUT|AI_|MFILE|NFILE)|^ENOTFOUND$/;
/** pg reports these without a code. */
const lostConnection =
  /connection (?:terminated|error)|not queryable|timeout exceeded when trying to connect|read timeout/i;
/** Prisma wraps pg's error, and an error may have passed through several layers. */
const maxDepth = 6;

/** The error for an unavailable database; undefined for every other error. */
export function databaseUnavailable(error: unknown): BailiwickError | undefined {
  if (error instanceof BailiwickError) return undefined;
  const why = unavailabilityIn(error, maxDepth);
  return why && new BailiwickError({ ...why, owner: 'platform', status: 503, cause: error });
}

const codes = new Set([unavailable, full, busy, conflict].map(({ code }) => code));

/** Whether an error was reported as one of the above, also by another process. */
export const saysUnavailable = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && codes.has(String(error.code));

/** The error reported for a failed transaction. */
export const asDatabaseError = (error: unknown): unknown => databaseUnavailable(error) ?? error;

/** For failures before there is a connection. */
export const unreachable = (cause: unknown): BailiwickError =>
  databaseUnavailable(cause) ?? new BailiwickError({ ...unavailable, owner: 'platform', status: 503, cause });

function unavailabilityIn(error: unknown, depth: number): Unavailability | undefined {
  if (typeof error !== 'object' || error === null || depth === 0) return undefined;
  const { code, originalCode, message, cause, meta, driverAdapterError } = error as Record<string, unknown>;
  for (const each of [originalCode, code]) {
    const known = typeof each === 'string' ? byCode(each) : undefined;
    if (known) return known;
  }
  const below = [cause, meta, driverAdapterError].map((each) => unavailabilityIn(each, depth - 1)).find(Boolean);
  if (below) return below;
  // A statement's own fault has a code, and its message may contain anything.
  return code === undefined && typeof message === 'string' && lostConnection.test(message) ? unavailable : undefined;
}

const byCode = (code: string): Unavailability | undefined =>
  byPrismaCode[code] ??
  (socketCodes.test(code) ? unavailable : undefined) ??
  (/^[0-9A-Z]{5}$/.test(code) ? (bySqlState[code] ?? bySqlState[code.slice(0, 2)]) : undefined);
