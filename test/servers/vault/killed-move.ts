import process from 'node:process';
import { moveKeys, type MoveOptions } from '#services/cli/src/keys-move/move.ts';

/*
 * Runs a move of keys as `bailiwick keys move` does, and ends with SIGKILL where it is told to: when a step begins, which
 * is when the one before is stored, or when its work is done and not yet stored. Says which steps it has come to.
 */
export interface KilledMove extends Omit<MoveOptions, 'told'> {
  readonly at: { readonly step: string; readonly stage: 'begins' | 'ends' };
}

const { at, ...options } = JSON.parse(process.argv[2] ?? '') as KilledMove;
const said: string[] = [];
await moveKeys({
  ...options,
  told(step, stage) {
    said.push(`${stage} ${step}`);
    if (step !== at.step || stage !== at.stage) return;
    process.stdout.write(`${JSON.stringify(said)}\n`);
    process.kill(process.pid, 'SIGKILL');
  },
});
