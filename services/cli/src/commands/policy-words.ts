import colors from 'picocolors';
import type { z } from 'zod';
import type { cellsSchema, Difference, versionSchema, warnedSchema } from './policy-document.ts';

/** A version on one line. */
export function describeVersion({ version, author, createdAt, policy }: z.infer<typeof versionSchema>): string {
  if (version === 0) return 'version 0: the default; no policy has been written yet';
  const rules = policy.rules.length === 1 ? '1 rule' : `${policy.rules.length} rules`;
  return `version ${version}, ${createdAt ?? 'at an unknown time'} by ${author}: ${rules}, otherwise ${policy.otherwise}`;
}

/** The parts of a valid policy that have no effect, a line each, and why any checks were skipped. */
export const describeWarnings = ({ warnings, note }: z.infer<typeof warnedSchema>): string[] => [
  ...warnings.map(({ pointer, detail }) => `${colors.yellow('!')} ${pointer}  ${detail}`),
  ...(note === null ? [] : [`${colors.yellow('!')} ${note}`]),
];

/** A line for each command: whether it is allowed, by which rule, and under which conditions. */
export function describeCells(cells: z.infer<typeof cellsSchema>['cells']): string {
  return cells
    .map(({ command, allowed, rule, message, obligations }) => {
      const mark = allowed ? colors.green('✓') : colors.red('✗');
      const why = rule === undefined ? 'no rule matches' : `rule ${rule}`;
      const under = Object.entries(obligations ?? {}).map(([name, value]) => `${name} ${String(value)}`);
      const said = allowed ? under : [message];
      return `${mark} /${command.padEnd(11)} ${[why, ...said].join(' · ')}`;
    })
    .join('\n');
}

/** Additions, removals and changes, a line each. */
export function describeDifferences(found: readonly Difference[]): string {
  if (found.length === 0) return 'Nothing changes.';
  return found
    .map(({ at, before, after }) => {
      if (before === undefined) return colors.green(`+ ${at}  ${JSON.stringify(after)}`);
      if (after === undefined) return colors.red(`- ${at}  ${JSON.stringify(before)}`);
      return colors.yellow(`~ ${at}  ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
    })
    .join('\n');
}
