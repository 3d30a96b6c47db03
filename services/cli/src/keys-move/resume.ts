import { keysAreMoving } from '../up/root-key.ts';
import { carryOutMove, type StoppedInstallation } from './carry-out.ts';
import type { KeyMoveInput, MoveProgress } from './saga.ts';

/**
 * Completes a move that `bailiwick keys move` has left, at a start with the settings that it moves to.
 * @throws up.keys-moving (it moves to elsewhere), and as `carryOutMove`
 */
export async function resumeMove(installation: StoppedInstallation, step: (what: string) => () => void): Promise<void> {
  const { vault } = installation.after;
  const choose = ([latest]: readonly KeyMoveInput[]): KeyMoveInput => {
    if (latest?.to !== (vault ? 'vault' : 'files')) throw keysAreMoving();
    return latest;
  };
  const underWay = new Map<string, () => void>();
  const told: MoveProgress = (name, stage) => {
    if (stage === 'begins') underWay.set(name, step(name));
    else underWay.get(name)?.();
  };
  await carryOutMove(installation, choose, told);
}
