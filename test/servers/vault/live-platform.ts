import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createOperations } from '#infra/observability/operations.ts';
import { keyKeepers, type KeyKeeper } from '#security/keyring/custodian-owner.ts';
import { dataPathsIn } from '#services/cli/src/up/data-folder.ts';
import { planPorts, processPorts } from '#services/cli/src/up/ports.ts';
import { wrappedRootKeysOf } from '#services/cli/src/up/root-key.ts';
import { openDatabase } from '#test/e2e/platform.ts';
import { installation, prepareLive, type LiveChoices, type LiveSetup } from '../live-settings.ts';
import { rolesOf } from './policies.ts';
import { VaultServer, type AppRole, type ServerKind } from './vault-server.ts';

export { installation } from '../live-settings.ts';

/** A live platform with its keys at a real Vault. */
export interface LivePlatform extends LiveSetup {
  readonly vault: VaultServer;
  readonly roles: Readonly<Record<KeyKeeper, AppRole>>;
  /** The root key, as the launcher opens it. */
  rootKey(): Promise<KeyObject>;
  /** The embedded database, while it runs. */
  database(): ReturnType<typeof openDatabase>;
  /** The state of the custodian in each process that has one. */
  custodians(): Promise<Record<string, { status: string; message?: string } | undefined>>;
}

export interface PlatformChoices extends Pick<LiveChoices, 'discord'> {
  /** What holds the keys. */
  readonly kind?: ServerKind;
  /** How the parts sign in at Vault; by default with AppRole. */
  readonly signIn?: (vault: VaultServer, folder: string) => Promise<object>;
}

/** Prepares everything, and starts nothing. */
export async function preparePlatform({
  kind = 'Vault',
  discord,
  signIn,
}: PlatformChoices = {}): Promise<LivePlatform> {
  await using stack = new AsyncDisposableStack();
  const vault = stack.use(await VaultServer.start(kind));
  const roles = await rolesOf(vault, installation);
  const more = async (folder: string) => {
    const write = (name: string, text: string) => writeFile(path.join(folder, name), text, { mode: 0o600 });
    await write('vault.pem', vault.trustPem);
    for (const part of keyKeepers) await write(`vault-${part}`, roles[part].secretId);
    const appRoles = Object.fromEntries(
      keyKeepers.map((part) => [part, { roleId: roles[part].roleId, secretIdFile: `./vault-${part}` }]),
    );
    const signsIn = signIn ? await signIn(vault, folder) : { appRoles };
    return { keys: { kind: 'vault', url: vault.url, trustFile: './vault.pem', ...signsIn } };
  };
  const live = stack.use(await prepareLive({ name: 'vault-platform', more, ...(discord ? { discord } : {}) }));
  const { base, dataFolder } = live;
  const owned = stack.move();
  const rootKey = async () => {
    const server = { url: vault.url, mount: 'transit', authMount: 'approle', trustPem: vault.trustPem };
    const place = { vault: { ...server, signIns: roles }, installation };
    return (await wrappedRootKeysOf(dataPathsIn(dataFolder), place)).current;
  };
  return {
    ...live,
    vault,
    roles,
    rootKey,
    database: async () => openDatabase(dataFolder, planPorts(base).ports.postgres, await rootKey()),
    custodians: () => custodiansAt(base),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function custodiansAt(base: number): ReturnType<LivePlatform['custodians']> {
  const plan = planPorts(base);
  await using operations = createOperations(
    processPorts
      .filter(([name]) => (keyKeepers as readonly string[]).includes(name))
      .map(([name, port]) => ({ name, url: `http://127.0.0.1:${plan.ops(port)}` })),
  );
  const health = await operations.health();
  return Object.fromEntries(
    health.map(({ name, causes }) => {
      const cause = causes.find((each) => each.name === 'custodian');
      return [name, cause && { status: cause.status, ...(cause.message ? { message: cause.message } : {}) }];
    }),
  );
}

/** The processes that have keys. */
export const keyProcesses = keyKeepers.filter((part) => part !== 'launcher');

/** What `custodians` returns if all are in this state. */
export const everyCustodian = (state: object) => Object.fromEntries(keyProcesses.map((part) => [part, state]));
