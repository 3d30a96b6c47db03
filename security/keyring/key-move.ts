import { keyKeepers, type KeyKeeper } from './custodian-owner.ts';
import { sealedColumnsOf } from './sealed-columns.ts';

/** The workflow that moves an installation's keys to another custodian. Its name and those of its steps never change. */
export const keyMoveSaga = 'key-move';

/** The parts that have sealed something. */
export const movingKeepers: readonly KeyKeeper[] = keyKeepers.filter((part) => sealedColumnsOf(part).length > 0);

export const resealStep = (part: KeyKeeper): string => `re-encrypt what ${part} has stored`;
export const proveStep = 'prove that everything opens with the new keys';
export const destroyKeysStep = 'destroy the old keys';
export const destroyRootStep = 'destroy the old root key';
export const recordStep = 'record the move in the audit logs';

/** In order. */
export const keyMoveSteps: readonly string[] = [
  ...movingKeepers.map(resealStep),
  proveStep,
  destroyKeysStep,
  destroyRootStep,
  recordStep,
];
