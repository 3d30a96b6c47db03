import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '#infra/kernel/clock.ts';
import { hasCode, platformFault } from '#infra/kernel/errors.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { openSagas, type Sagas } from '#infra/sagas/engine.ts';
import { destroyFile } from '#security/keyring/atomic-file.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { keyMoveSaga, movingKeepers } from '#security/keyring/key-move.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { vaultKeyPrefix } from '#security/keyring/vault/key-names.ts';
import type { DataPaths } from '../up/data-folder.ts';
import type { UrlOf } from '../up/database.ts';
import { keysOf, type KeysPlace } from '../up/key-settings.ts';
import type { LiveSettings } from '../up/live.ts';
import { destroyFileRootKey, keyFilesIn } from '../up/root-key.ts';
import { recordMove } from './record-move.ts';
import { createKeyMoveSaga, type KeyMoveInput, type MoveProgress, type OpenMove } from './saga.ts';
import { settingsIn } from './settings-in.ts';
import { createStoredValues, type Custodians, type StoredValues } from './stored-values.ts';

/** What a move needs of the settings at either end. */
export interface MoveEnd {
  readonly vault?: LiveSettings['vault'] | undefined;
  readonly installation: string;
}

/** An opened, stopped installation. */
export interface StoppedInstallation {
  readonly folder: DataPaths;
  readonly urlOf: UrlOf;
  /** The root key in a file, if there is one. */
  readonly fileRootKey: KeysPlace['rootKey'];
  /** Where it will have its keys. */
  readonly after: MoveEnd & Pick<LiveSettings, 'externalKeys'>;
}

/** What was done for one part. */
export interface MovedPart {
  readonly part: KeyKeeper;
  /** How many values were sealed again, in this run. */
  readonly moved: number;
  /** How many there are; all of them open with the new keys. */
  readonly values: number;
  /** Paths at Vault of old keys that nothing needs any more. */
  readonly left: readonly string[];
}

/** Under it the engine finds what an earlier run has left. */
const executor = 'keys-move';
const attempts = { timeoutMs: 60_000, firstDelayMs: 1_000, limit: 4 };
const lookAgainMs = 5_000;
/** Nobody shall wait for what an earlier run has left to be noticed. */
const upkeepMs = 250;

/**
 * Begins a move as a durable workflow, or continues the one that an earlier run has left, and proves at the end that
 * everything opens. A different move that was left is given up: what it has moved, this one moves on.
 * @param choose which move it is, given those that are not finished, the latest first
 * @throws keyring.unavailable, keyring.external-key, keyring.opens-nowhere: it can be run again
 */
export async function carryOutMove(
  installation: StoppedInstallation,
  choose: (unfinished: readonly KeyMoveInput[]) => KeyMoveInput,
  told: MoveProgress,
): Promise<readonly MovedPart[]> {
  await using stack = new AsyncDisposableStack();
  const { promise: opened, resolve: open } = Promise.withResolvers<OpenMove>();
  const saga = createKeyMoveSaga(opened, told);
  const { urlOf } = installation;
  const sagas = stack.use(
    openSagas({ url: urlOf('api'), executor }, [saga], {
      logger: silentLogger(),
      clock: systemClock,
      attempts,
      upkeepMs,
    }),
  );
  await sagas.launched;
  const unfinished = await unfinishedMoves(sagas);
  const input = choose(unfinished);
  const before = input.before === null ? undefined : await settingsIn(input.before);
  const move = await openMove(installation, before, input, stack);
  open(move);
  for (const { moveId } of unfinished) if (moveId !== input.moveId) await sagas.forget(idOf(moveId));
  await runToEnd(sagas, input);
  return [...(await reportOf(move, before)), { part: 'launcher', moved: 0, values: 0, left: rootKeyAtVault(before) }];
}

const idOf = (moveId: string): string => `${keyMoveSaga}-${moveId}`;

async function runToEnd(sagas: Sagas, input: KeyMoveInput): Promise<void> {
  const id = idOf(input.moveId);
  await sagas.begin(keyMoveSaga, id, input);
  for (;;) {
    const outcome = await sagas.outcome(id, lookAgainMs);
    if (outcome.status === 'failed') throw asFault(outcome.error);
    if (outcome.status === 'done') return;
  }
}

async function unfinishedMoves(sagas: Sagas): Promise<KeyMoveInput[]> {
  const found = await Promise.all((['running', 'failed'] as const).map((status) => sagas.list({ status, limit: 100 })));
  return found
    .flat()
    .sort((one, other) => other.startedAtMs - one.startedAtMs)
    .map(({ input }) => input as KeyMoveInput);
}

const asFault = (error: Error) =>
  platformFault(
    'code' in error ? String(error.code) : 'keys.not-moved',
    `${error.message} The move is not complete: run it again once that is fixed.`,
    error,
  );

async function openMove(
  installation: StoppedInstallation,
  before: MoveEnd | undefined,
  input: KeyMoveInput,
  stack: AsyncDisposableStack,
): Promise<OpenMove> {
  const { folder, urlOf, after } = installation;
  const stored = new Map<KeyKeeper, StoredValues>();
  for (const part of movingKeepers) {
    const custodians = await custodiansOf(installation, before, part, stack);
    stored.set(part, createStoredValues({ part, urlOf, custodians, externalKeys: after.externalKeys }));
  }
  const aside = path.join(folder.keyring, `kept-${input.moveId}`);
  return {
    input,
    stored,
    moved: new Map(),
    proved: new Map(),
    record: () => recordMove(urlOf, input),
    async removeKeyFiles() {
      if (input.from !== 'files') return;
      if (!input.keepOld) return destroyKeyFiles(folder);
      await mkdir(aside, { recursive: true, mode: 0o700 });
      for (const part of keyKeepers) await putAside(path.join(folder.keyring, part), aside);
    },
    async removeRootKey() {
      if (input.from === 'vault' && input.to === 'files') return destroyFile(folder.wrappedRootKey);
      if (input.from === 'vault') return;
      if (!input.keepOld) return destroyFileRootKey(folder);
      for (const file of [folder.rootKey, folder.keyFile]) await putAside(file, aside);
    },
  };
}

async function custodiansOf(
  { folder, fileRootKey: rootKey, after }: StoppedInstallation,
  before: MoveEnd | undefined,
  part: KeyKeeper,
  stack: AsyncDisposableStack,
): Promise<Custodians> {
  const custodian = async (end: MoveEnd | undefined) =>
    stack.use(
      await openCustodian(keysOf({ folder, rootKey, vault: end?.vault }, part), {
        installation: (end ?? after).installation,
        part,
        logger: silentLogger(),
        clock: systemClock,
      }),
    );
  return { left: await custodian(before), entered: await custodian(after) };
}

async function destroyKeyFiles(folder: DataPaths): Promise<void> {
  for (const name of await keyFilesIn(folder)) await destroyFile(path.join(folder.keyring, name));
  for (const part of keyKeepers) await rm(path.join(folder.keyring, part), { recursive: true, force: true });
}

/** Does nothing if it was done before, or there is nothing. */
async function putAside(at: string, folder: string): Promise<void> {
  try {
    await rename(at, path.join(folder, path.basename(at)));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function reportOf({ stored, moved, proved }: OpenMove, before: MoveEnd | undefined): Promise<MovedPart[]> {
  const parts: MovedPart[] = [];
  for (const [part, values] of stored) {
    // An earlier run may have proved it: this one says what it has seen itself.
    const count = proved.get(part) ?? (await values.prove(new AbortController().signal));
    const names = (await values.owners()).map(tenantKeyName);
    parts.push({ part, moved: moved.get(part) ?? 0, values: count, left: pathsAtVault(before, part, names) });
  }
  return parts;
}

const pathsAtVault = (before: MoveEnd | undefined, part: KeyKeeper, names: readonly string[]): string[] =>
  before?.vault
    ? names.map((name) => `${before.vault?.mount}/keys/${vaultKeyPrefix(before.installation, part)}${name}`)
    : [];

const rootKeyAtVault = (before: MoveEnd | undefined) => pathsAtVault(before, 'launcher', ['platform']);
