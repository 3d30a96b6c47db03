import { callerFault, hasCode } from '#infra/kernel/errors.ts';
import type { Saga, SagaStep } from '#infra/sagas/saga.ts';
import { keysAwayCode } from '#security/keyring/custodian.ts';
import {
  destroyKeysStep,
  destroyRootStep,
  keyMoveSaga,
  movingKeepers,
  proveStep,
  recordStep,
  resealStep,
} from '#security/keyring/key-move.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { StoredValues } from './stored-values.ts';

/** What is stored of a move: from where to where, and how it is continued. */
export type KeyMoveInput = {
  /** In the workflow's id. */
  readonly moveId: string;
  readonly from: 'files' | 'vault';
  readonly to: 'files' | 'vault';
  /** Paths of the settings; `before` names the Vault that is left. */
  readonly settings: string;
  readonly before: string | null;
  /** Old keys in files are put aside instead of destroyed. */
  readonly keepOld: boolean;
};

/** Told when a step begins, and when its work is done and about to be stored. */
export type MoveProgress = (step: string, stage: 'begins' | 'ends') => void;

/** The one move that a run carries out, with what it needs. */
export interface OpenMove {
  readonly input: KeyMoveInput;
  readonly stored: ReadonlyMap<KeyKeeper, StoredValues>;
  /** How many values were sealed again in this run, by part. */
  readonly moved: Map<KeyKeeper, number>;
  /** How many values there are; of a part that was proved in this run. */
  readonly proved: Map<KeyKeeper, number>;
  /** Of the keys in files that the installation has left. */
  removeKeyFiles(): Promise<void>;
  /** The one that it has left. */
  removeRootKey(): Promise<void>;
  /** In the audit log of every tenant. */
  record(): Promise<void>;
}

/** A step lasts as long as there are values. */
const longestMs = 24 * 60 * 60_000;

/**
 * Seals everything under the keys that are entered, proves that all of it opens, and only then removes those that were
 * left. The installation is stopped meanwhile, so each step can be repeated.
 * @param open resolves once the run knows which move it carries out; the engine resumes what it finds before that
 */
export function createKeyMoveSaga(open: Promise<OpenMove>, told: MoveProgress): Saga<KeyMoveInput> {
  const step = (name: string, run: (move: OpenMove, signal: AbortSignal) => Promise<void>): SagaStep<KeyMoveInput> => ({
    name,
    timeoutMs: longestMs,
    // What opens nowhere, or a tenant's key that is refused, is for a person.
    repeats: (error) => hasCode(error, keysAwayCode),
    async run({ moveId }, signal) {
      const move = await open;
      if (move.input.moveId !== moveId)
        throw callerFault('keys.superseded', 'Another move of the keys has taken its place.', 409);
      told(name, 'begins');
      await run(move, signal);
      told(name, 'ends');
    },
  });
  return {
    name: keyMoveSaga,
    compensates: 'on-request',
    steps: [
      ...movingKeepers.map((part) =>
        step(resealStep(part), async ({ stored, moved }, signal) => {
          moved.set(part, (moved.get(part) ?? 0) + (await valuesOf(stored, part).reseal(signal)));
        }),
      ),
      step(proveStep, async ({ stored, proved }, signal) => {
        for (const part of movingKeepers) proved.set(part, await valuesOf(stored, part).prove(signal));
      }),
      step(destroyKeysStep, (move) => move.removeKeyFiles()),
      step(destroyRootStep, (move) => move.removeRootKey()),
      step(recordStep, (move) => move.record()),
    ],
  };
}

function valuesOf(stored: OpenMove['stored'], part: KeyKeeper): StoredValues {
  const values = stored.get(part);
  if (!values) throw new Error(`${part} is not open`);
  return values;
}
