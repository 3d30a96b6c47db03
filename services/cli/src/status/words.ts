import colors from 'picocolors';
import type { BotStateKind } from '#tenants/tenant/bot-state.ts';
import { custodianStateLabels, type CustodianState } from '#security/keyring/custodian-state.ts';
import { fitted, harmless } from '../output.ts';
import type { Part, StatusReport, TenantReport } from './report.ts';

const marks: Readonly<Record<Part['status'], string>> = {
  healthy: colors.green('✓'),
  degraded: colors.yellow('!'),
  unhealthy: colors.red('✗'),
  unreachable: colors.red('✗'),
};

/**
 * A line for each part, and below it the cause if it is unhealthy; then what each process can do with its keys, and since
 * when.
 */
export function describeStatus(report: StatusReport, nowMs = Date.now()): string {
  const { of, about, status, parts, custodians, tenants = [] } = harmless(report);
  const names = Math.max(...parts.map(({ name }) => name.length));
  const addresses = Math.max(...parts.map(({ address }) => address?.length ?? 0));
  const states = Math.max(...parts.map((part) => part.status.length));
  const lines = parts.flatMap((part) => [
    [
      `  ${marks[part.status]} ${part.name.padEnd(names)}`,
      part.status.padEnd(states),
      ...(addresses > 0 ? [(part.address ?? '').padEnd(addresses)] : []),
      part.uptimeSec === undefined ? '' : describeDuration(part.uptimeSec),
    ]
      .join('  ')
      .trimEnd(),
    ...part.causes
      .filter((cause) => cause.status !== 'healthy')
      .map((cause) => `      ${fitted(`${cause.name}: ${cause.message ?? cause.status}`, 6)}`),
  ]);
  return [
    `${marks[status]} ${colors.bold(status)}  ${of} (${about})`,
    ...lines,
    ...(custodians.length > 0 ? ['', '  Keys', ...describeCustodians(custodians, nowMs)] : []),
    ...(tenants.length > 0 ? ['', ...tenants.flatMap(describeBot)] : []),
  ].join('\n');
}

const markOf = (state: CustodianState): string => (state === 'works' ? marks.healthy : marks.degraded);

function describeCustodians(custodians: StatusReport['custodians'], nowMs: number): string[] {
  const names = Math.max(...custodians.map(({ process }) => process.length));
  const labels = Math.max(...custodians.map(({ state }) => custodianStateLabels[state].length));
  return custodians.map(({ process, state, since }) => {
    const age = describeDuration(Math.max(0, Math.round((nowMs - Date.parse(since)) / 1_000)));
    return `  ${markOf(state)} ${process.padEnd(names)}  ${custodianStateLabels[state].padEnd(labels)}  for ${age}`;
  });
}

/** The cause follows below unless the bot is well, or off on purpose. */
function describeBot({ id, name, state, restarts }: TenantReport): string[] {
  const often = restarts > 0 ? `, ${restarts} restart(s)` : '';
  const line = `  ${id}  ${state.label}${often}  ${name}`;
  return quiet.includes(state.kind) ? [line] : [line, `      ${fitted(state.sentence, 6)}`];
}

const quiet: readonly string[] = ['ready', 'suspended', 'not-set-up', 'stopped'] satisfies BotStateKind[];

const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** In the two largest units that apply: `3 h 12 min`. */
function describeDuration(seconds: number): string {
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first === -1) return '0 s';
  let left = seconds;
  const words = units.slice(first, first + 2).map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? '' : `${count} ${unit}`;
  });
  return words.filter(Boolean).join(' ');
}
