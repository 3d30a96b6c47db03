import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './story.ts';

/** A process that is started again when it ends (up/child.ts). */
export interface EndedProcess {
  readonly pid: number | undefined;
  /** Whether it has started, and has not ended since. */
  readonly isUp: boolean;
}

const untilBackMs = 30_000;
/** By then who was connected to it has noticed. */
const untilNoticedMs = 50;

/**
 * Ends a process with SIGKILL each time it is called: the first and the second one of every pair in turn, and only while
 * the other one of the pair runs.
 * @returns what to say of it
 */
export function createEndOne(processes: ReadonlyMap<string, EndedProcess>): () => Promise<string> {
  const firsts = [...processes.keys()].filter((name) => processes.has(`${name}-2`));
  const inTurn = [...firsts.map((name) => [`${name}-2`, name]), ...firsts.map((name) => [name, `${name}-2`])];
  let turn = 0;
  return async () => {
    const [name = '', other = ''] = inTurn[turn % inTurn.length] ?? [];
    turn += 1;
    const ended = processes.get(name);
    const areUp = async () => ended?.isUp === true && processes.get(other)?.isUp === true;
    await eventually(`${name} and ${other} run`, areUp, untilBackMs);
    const pid = ended?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await eventually(`${name} has ended`, async () => !ended?.isUp || ended.pid !== pid);
    await delay(untilNoticedMs);
    return `killed ${name} (process ${pid}); ${other} goes on`;
  };
}
