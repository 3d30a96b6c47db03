import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { RunningPlatform } from '../../e2e/platform.ts';

const recordSchema = z.looseObject({
  kind: z.string(),
  outcome: z.string(),
  time: z.string(),
  actor: z.looseObject({ type: z.string(), id: z.string() }),
  command: z.string().optional(),
  target: z.string().optional(),
  detail: z.looseObject({ count: z.number().optional() }).optional(),
});

/** Reads follow their requests into the log within about a second. */
const untilRecordedMs = 3_000;
const streams = /\/(?:stream|player-events|voice-events|events|websocket)$/;

/**
 * What passed gateway-proxy since then, most frequent first, from the tenants' audit logs: how often, by whom, method
 * and address, and the command if it was for a member. Without streams, and without calls that concern no tenant.
 */
export async function recordedCalls(platform: RunningPlatform, sinceMs: number): Promise<string[]> {
  await sleep(untilRecordedMs);
  const rows = await platform.query<{ record: string }>(
    'select record from audit_leaf union all select record from audit_journal',
  );
  const counts = new Map<string, number>();
  for (const line of rows.flatMap(({ record }) => record.split('\n'))) {
    const { kind, outcome, time, actor, command = '', target, detail } = recordSchema.parse(JSON.parse(line));
    const passed = kind === 'decision' && outcome === 'allowed' && Date.parse(time) >= sinceMs;
    if (!passed || !['bot', 'service'].includes(actor.type) || target === undefined || streams.test(target)) continue;
    const by = actor.type === 'bot' ? 'bot' : actor.id.slice(actor.id.lastIndexOf('/') + 1);
    const call = `${by} ${target.replaceAll(/\/\d{5,20}(?=\/|$)/g, '/:id')} ${command}`.trimEnd();
    counts.set(call, (counts.get(call) ?? 0) + (detail?.count ?? 1));
  }
  return [...counts].toSorted(([, a], [, b]) => b - a).map(([call, count]) => `${count} ${call}`);
}
