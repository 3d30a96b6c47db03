import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { callerFault } from '#infra/kernel/errors.ts';

/** A process holds a connection for each caller, and the proxy one for each bot and each visitor. */
export const neededFiles = 1_024;

/**
 * How many files and connections each process may have open. Node has raised it as far as it may (the hard limit).
 * Undefined if it is unknown; Windows has no such limit.
 */
export async function openFileLimit(): Promise<number | undefined> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? reported();
  return soft === undefined ? undefined : Number(soft);
}

/** For systems without /proc; `unlimited` if there is no limit. */
function reported(): string | undefined {
  const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = report.userLimits?.open_files?.soft;
  return typeof soft === 'number' ? String(soft) : undefined;
}

export const howToRaise = (limit: number): string =>
  `each process may open ${limit} files and connections, and ${neededFiles} are needed: run \`ulimit -n 4096\` (as a service: LimitNOFILE=4096)`;

/** @throws BailiwickError up.open-files */
export function refuseTooFewFiles(limit: number | undefined): void {
  if (limit === undefined || limit >= neededFiles) return;
  throw callerFault('up.open-files', `Too few open files: ${howToRaise(limit)}, and start again.`);
}
