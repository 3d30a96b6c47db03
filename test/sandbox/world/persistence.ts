import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Timer } from '../clock.ts';
import type { Application, Guild, StoredCommand, StoredMessage, User } from './types.ts';
import type { World } from './world.ts';

const debounceMs = 200;
const retryMs = 2_000;
const formatVersion = 1;

interface SavedWorld {
  version: number;
  users: User[];
  applications: Application[];
  guilds: Guild[];
  commands: StoredCommand[];
  messages: StoredMessage[];
}

/** Loads a world from its file; false if there is none yet. Throws if the file is not understood. */
export function loadWorld(world: World, stateFile: string): boolean {
  if (!existsSync(stateFile)) return false;
  const saved = JSON.parse(readFileSync(stateFile, 'utf8')) as SavedWorld;
  if (saved.version !== formatVersion)
    throw new Error(`${stateFile} has format ${saved.version}, not ${formatVersion}`);
  for (const user of saved.users) world.users.set(user.id, user);
  for (const application of saved.applications) world.applications.set(application.id, application);
  // Nobody is connected to a Discord that has just started.
  for (const guild of saved.guilds) world.guilds.set(guild.id, { ...guild, voiceStates: [] });
  for (const command of saved.commands) world.commands.set(command.id, command);
  for (const stored of saved.messages) world.messages.set(stored.message.id, stored);
  const lists = [world.users, world.guilds, world.commands, world.messages];
  for (const list of lists) for (const id of list.keys()) world.ids.startAfter(id);
  return true;
}

/** Writes the world to a draft, then renames it, so that a crash leaves either the old file or the new one. */
function saveWorld(world: World, stateFile: string): void {
  const saved: SavedWorld = {
    version: formatVersion,
    users: [...world.users.values()],
    applications: [...world.applications.values()],
    guilds: [...world.guilds.values()],
    commands: [...world.commands.values()],
    messages: [...world.messages.values()].filter((stored) => stored.ephemeralFor === null),
  };
  const aside = `${stateFile}.${process.pid}.new`;
  writeFileSync(aside, JSON.stringify(saved), { mode: 0o600 });
  renameSync(aside, stateFile);
}

/** Saves the world immediately, shortly after each burst of changes, and when closed. */
export function keepSaved(world: World, stateFile: string): Disposable {
  let pending: Timer | undefined;
  const save = (): void => {
    pending = undefined;
    try {
      saveWorld(world, stateFile);
    } catch (error) {
      // A full disk, for example: the world continues and is saved once there is room again.
      console.error(`the world could not be saved: ${String(error)}`);
      pending = world.clock.after(retryMs, save);
    }
  };
  saveWorld(world, stateFile);
  const stop = world.listen(() => {
    pending ??= world.clock.after(debounceMs, save);
  });
  return {
    [Symbol.dispose]: () => {
      stop();
      pending?.cancel();
      saveWorld(world, stateFile);
    },
  };
}
