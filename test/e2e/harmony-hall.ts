import type { Sandbox } from './sandbox.ts';

/** The ids of the guild "Harmony Hall" that each fresh sandbox has (test/sandbox/world/seed.ts). */
export interface HarmonyHall {
  readonly guild: string;
  readonly general: string;
  readonly music: string;
  readonly lounge: string;
  /** Members without roles. */
  readonly max: string;
  readonly robin: string;
  /** The owner. */
  readonly ada: string;
  /** A member with the DJ role. */
  readonly dana: string;
  readonly dj: string;
}

export async function harmonyHall(sandbox: Sandbox): Promise<HarmonyHall> {
  const hall = need(
    (await sandbox.state()).guilds.find(({ name }) => name === 'Harmony Hall'),
    'Harmony Hall',
  );
  const channel = (name: string) => need(hall.channels.find((one) => one.name === name)?.id, name);
  const member = (name: string) =>
    need(hall.members.find(({ user }) => user.username.toLowerCase() === name)?.userId, name);
  return {
    guild: hall.id,
    general: channel('general'),
    music: channel('music'),
    lounge: channel('Lounge'),
    max: member('max'),
    robin: member('robin'),
    ada: member('ada'),
    dana: member('dana'),
    dj: need(hall.roles.find(({ name }) => name === 'DJ')?.id, 'DJ'),
  };
}

function need<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`the sandbox has no ${what}`);
  return value;
}
