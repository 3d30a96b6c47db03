import process from 'node:process';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import colors from 'picocolors';
import { z } from 'zod';
import { hasCode } from '#infra/kernel/errors.ts';
import { auditRecordSchema, type AuditRecord } from '#security/audit/record.ts';
import type { ApiClient } from '../client.ts';
import { harmless } from '../output.ts';
import { auditPath, queryOf, type SelectionFlags } from './audit-request.ts';

const sealedSchema = z.object({ index: z.number(), record: auditRecordSchema.nullable() });
const pageSchema = z.object({ items: z.array(sealedSchema), nextCursor: z.string().nullable() });
type Sealed = z.infer<typeof sealedSchema>;

export interface TailOptions {
  /** How many of the latest records to show. */
  readonly lines: number;
  readonly follow: boolean;
  readonly json: boolean;
  readonly selection: SelectionFlags;
}

const maxLines = 100;
const reconnectMs = 1_000;

/** Shows the latest records and follows; an interrupted stream is resumed where it ended, until the API refuses. */
export async function tailAudit(client: ApiClient, tenant: string, options: TailOptions): Promise<void> {
  const show = ({ index, record }: Sealed) =>
    process.stdout.write(options.json ? `${JSON.stringify({ index, record })}\n` : `${lineOf(index, record)}\n`);
  const latest = await newest(client, tenant, options);
  for (const sealed of latest) show(sealed);
  let known = latest.at(-1)?.index;
  while (options.follow) {
    const query = queryOf({ ...options.selection, after: known });
    try {
      const body = await client.download(auditPath(tenant, `stream${query}`));
      for await (const sealed of events(body)) {
        show(sealed);
        known = sealed.index;
      }
    } catch (error) {
      if (!isInterruption(error)) throw error;
    }
    await sleep(reconnectMs);
  }
}

/** Oldest first. Rare matches may take several pages. */
async function newest(client: ApiClient, tenant: string, { lines, selection }: TailOptions): Promise<Sealed[]> {
  const wanted = Math.min(lines, maxLines);
  const found: Sealed[] = [];
  let cursor: string | null | undefined;
  while (found.length < wanted && cursor !== null) {
    const query = queryOf({ ...selection, limit: wanted, cursor });
    const page = await client.call('GET', auditPath(tenant, `records${query}`), pageSchema);
    found.push(...page.items);
    cursor = page.nextCursor;
  }
  return found.slice(0, wanted).toReversed();
}

/** Parses server-sent events whose data is one line each. */
async function* events(body: Readable): AsyncGenerator<Sealed> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk as Uint8Array, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: ')) yield sealedSchema.parse(JSON.parse(line.slice('data: '.length)));
    }
  }
}

/** The platform or the network went away; a refusal by the API has a code of its own. */
const isInterruption = (error: unknown): boolean =>
  hasCode(error, 'cli.unreachable') ||
  (error instanceof Error && /terminated|other side closed|aborted/.test(error.message));

const colorOf = { allowed: colors.green, succeeded: colors.green, denied: colors.yellow, failed: colors.red } as const;

function lineOf(index: number, record: AuditRecord | null): string {
  if (!record) return `${index}  (not a record)`;
  const { time, action, outcome, actor, onBehalfOf, guild, target, reason } = record;
  const who = onBehalfOf ? `${onBehalfOf.type} ${onBehalfOf.id} (${actor.type})` : `${actor.type} ${actor.id}`;
  const about = [action.padEnd(18), who, guild && `guild ${guild}`, target, reason].filter(
    (part) => part !== undefined,
  );
  return [time, colorOf[outcome](outcome.padEnd(9)), ...about.map((part) => harmless(part))].join('  ');
}
