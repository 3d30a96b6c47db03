import type { ApiClient } from '../client.ts';
import type { SandboxDoor, SandboxState } from './sandbox-door.ts';

/** Who and what the story is about. */
export interface Scene {
  readonly api: ApiClient;
  readonly sandbox: SandboxDoor;
  readonly tenant: string;
  readonly application: { id: string; bot: { id: string } };
  readonly guild: SandboxState['guilds'][number];
  readonly music: string;
  readonly lounge: string;
  /** A member without roles. */
  readonly max: string;
  /** A member with the DJ role. */
  readonly dana: string;
  readonly dj: string;
}

export function dataPaths(guild: SandboxState['guilds'][number]) {
  const channel = (name: string) => need(guild.channels.find((one) => one.name === name)?.id, `channel ${name}`);
  const member = (name: string) =>
    need(
      guild.members.find(({ user }) => [user.username, user.globalName].some((known) => known?.toLowerCase() === name))
        ?.userId,
      `member ${name}`,
    );
  const dj = need(guild.roles.find(({ name }) => name === 'DJ')?.id, 'role DJ');
  return { music: channel('music'), lounge: channel('Lounge'), max: member('max'), dana: member('dana'), dj };
}

function need(value: string | undefined, what: string): string {
  if (value === undefined) throw new Error(`the sandbox has no ${what}`);
  return value;
}
