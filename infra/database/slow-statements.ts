import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { systemClock, type Clock } from '#infra/kernel/clock.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { onStatement, type DoneStatement } from './statements.ts';

/** From here on a statement is slow. */
const slowMs = 250;
/** Slow statements of the same text are told of together. */
const togetherMs = 60_000;
/** How often PostgreSQL is asked for the plan of the same text. */
const planEveryMs = 60 * 60_000;
const mostTexts = 200;
const longestText = 1_000;
const mostNodes = 20;

interface Told {
  readonly atMs: number;
  /** Slow ones since then. */
  more: number;
  slowestMs: number;
}

/**
 * Logs statements that took long, with the plan that PostgreSQL makes for them. Neither has values in it: those are
 * parameters, and what is written into a text as a literal is left out. Bounded: a line a minute for each text, a plan an hour, one
 * plan at a time. @returns what ends it
 */
export function logSlowStatements(logger: Logger, options: { clock?: Clock; slowMs?: number } = {}): Disposable {
  const { clock = systemClock, slowMs: limitMs = slowMs } = options;
  const told = new BoundedMap<string, Told>(mostTexts);
  const planned = new BoundedMap<string, true>(mostTexts);
  let planning = false;

  async function planOf({ text, explain }: DoneStatement): Promise<string | undefined> {
    const nowMs = clock.now();
    if (planning || planned.get(text, nowMs) || !canBePlanned(text)) return undefined;
    planning = true;
    planned.set(text, true, nowMs + planEveryMs);
    try {
      return outline(await explain());
    } catch {
      return undefined;
    } finally {
      planning = false;
    }
  }

  return onStatement((statement) => {
    const { text, tookMs } = statement;
    if (tookMs < limitMs) return;
    const nowMs = clock.now();
    const before = told.get(text, nowMs);
    if (before && nowMs - before.atMs < togetherMs) {
      before.more += 1;
      before.slowestMs = Math.max(before.slowestMs, tookMs);
      return;
    }
    told.set(text, { atMs: nowMs, more: 0, slowestMs: 0 });
    const since = before && before.more > 0 ? { more: before.more, slowestMs: Math.round(before.slowestMs) } : {};
    void planOf(statement).then((plan) =>
      logger.warn(
        { statement: withoutLiterals(text), tookMs: Math.round(tookMs), ...since, ...(plan ? { plan } : {}) },
        'a statement was slow',
      ),
    );
  });
}

const canBePlanned = (text: string): boolean =>
  /^\s*(?:select|insert|update|delete|merge|with|values)\b/i.test(text) && !text.includes(';');

/** In one line, without what is between quotes or dollars. */
export const withoutLiterals = (text: string): string =>
  text
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, "'…'")
    .replaceAll(/'(?:[^']|'')*'/g, "'…'")
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, longestText);

interface PlanNode {
  readonly 'Node Type'?: unknown;
  readonly 'Relation Name'?: unknown;
  readonly 'Index Name'?: unknown;
  readonly 'Plan Rows'?: unknown;
  readonly 'Total Cost'?: unknown;
  readonly Plans?: unknown;
}

/** The nodes of a plan, indented as they are nested: what is done to which relation, by which index, for how many rows. No conditions. */
export function outline(plans: unknown): string | undefined {
  const root = Array.isArray(plans) ? (plans[0] as { Plan?: PlanNode } | undefined)?.Plan : undefined;
  if (!root) return undefined;
  const lines: string[] = [];
  const add = (node: PlanNode, depth: number): void => {
    if (lines.length === mostNodes) return;
    const relation = typeof node['Relation Name'] === 'string' ? ` on ${node['Relation Name']}` : '';
    const index = typeof node['Index Name'] === 'string' ? ` by ${node['Index Name']}` : '';
    const size = `rows ${String(node['Plan Rows'])}, cost ${String(node['Total Cost'])}`;
    lines.push(`${'  '.repeat(depth)}${String(node['Node Type'])}${relation}${index} (${size})`);
    for (const child of Array.isArray(node.Plans) ? node.Plans : []) add(child as PlanNode, depth + 1);
  };
  add(root, 0);
  return lines.join('\n');
}
