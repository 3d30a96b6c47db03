import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { SessionKey } from './sessions/session-keys.ts';

/** The parameters of every list. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z
    .string()
    .regex(/^[\w-]{1,1024}$/)
    .optional(),
});

/** Beside the items of every page: where the next one starts, null after the last. */
export const nextCursorSchema = z.string().nullable();

/** The scope in which a cursor is valid: this operation, this tenant, these filters. */
export interface PageScope {
  readonly operation: string;
  readonly tenant?: TenantId;
  /** Anything else that determines the contents of the list. */
  readonly filter?: unknown;
}

/** Where a page starts, and how its rows are built. */
export interface Page<Position> {
  /** The last item of the page before; undefined on the first page. */
  readonly after: Position | undefined;
  /** How many rows to read: one more than is shown, so that the end is known. */
  readonly take: number;
  of<Row>(
    rows: readonly Row[],
    positionOf: (row: Row) => Position,
  ): { readonly rows: readonly Row[]; readonly nextCursor: string | null };
  /** For positions that are not those of a row: a search that continues, an interrupted export. */
  cursorAt(position: Position): string;
}

/** Paginated lists. A cursor is signed, so that nobody can forge one or use one tenant's for another's list. */
export interface Pages {
  /** @throws BailiwickError page.cursor (400) for a cursor that does not belong to this list */
  open<Position>(scope: PageScope, query: z.output<typeof pageQuery>, position: z.ZodType<Position>): Page<Position>;
}

const macBytes = 16;

/** The keys of sessions, as far as they are for cursors. */
export interface CursorKeys {
  current(): CursorKey;
  accepted(): readonly CursorKey[];
}
type CursorKey = Pick<SessionKey, 'cursor'>;

export function createPages(keys: CursorKeys): Pages {
  const mac = ({ cursor: key }: CursorKey, scope: string, position: Buffer) =>
    createHmac('sha256', key).update(scope).update('\0').update(position).digest().subarray(0, macBytes);
  return {
    open(scope, { limit, cursor }, schema) {
      const { operation, tenant = null, filter = null } = scope;
      const bound = JSON.stringify([operation, tenant, filter]);
      const cursorAt = (position: unknown): string => {
        const bytes = Buffer.from(JSON.stringify(position));
        return Buffer.concat([mac(keys.current(), bound, bytes), bytes]).toString('base64url');
      };
      return {
        after:
          cursor === undefined
            ? undefined
            : read(cursor, (position) => keys.accepted().map((key) => mac(key, bound, position)), schema),
        take: limit + 1,
        of(rows, positionOf) {
          const shown = rows.slice(0, limit);
          const last = shown.at(-1);
          if (rows.length <= limit || last === undefined) return { rows: shown, nextCursor: null };
          return { rows: shown, nextCursor: cursorAt(positionOf(last)) };
        },
        cursorAt,
      };
    },
  };
}

function read<Position>(
  cursor: string,
  macsOf: (position: Buffer) => readonly Buffer[],
  schema: z.ZodType<Position>,
): Position {
  const bytes = Buffer.from(cursor, 'base64url');
  const [signature, position] = [bytes.subarray(0, macBytes), bytes.subarray(macBytes)];
  const genuine = signature.length === macBytes && macsOf(position).some((mac) => timingSafeEqual(signature, mac));
  if (genuine && bytes.toString('base64url') === cursor) {
    const parsed = schema.safeParse(JSON.parse(position.toString('utf8')));
    if (parsed.success) return parsed.data;
  }
  throw callerFault('page.cursor', 'This cursor does not belong to this list. Start again without a cursor.', 400);
}
