import type { HostedTenant, RunningPlatform } from './platform.ts';
import type { Person, Seat } from './sandbox.ts';

/** A tenant that plays in a guild of its own, to people in a voice channel. */
export interface Audience {
  readonly tenant: HostedTenant;
  readonly guild: string;
  /** Several, since commands are rate-limited per member. */
  readonly people: readonly Person[];
  /** Theirs, in the same order. */
  readonly seats: readonly Seat[];
}

export async function createAudience(platform: RunningPlatform, index: number, size: number): Promise<Audience> {
  const { sandbox } = platform;
  const guild = await sandbox.createGuild(`Guild ${index}`);
  const channel = await sandbox.createChannel(guild, 'music', 'text');
  const voice = await sandbox.createChannel(guild, 'Lounge', 'voice');
  const tenant = await platform.onboard(`Tenant ${index}`, guild);
  const seats = await Promise.all(
    Array.from({ length: size }, async (_, number): Promise<Seat> => {
      const user = await sandbox.addPerson(guild, `listener-${index}-${number}`);
      return { guild, channel, user, applicationId: tenant.application.id };
    }),
  );
  const people = seats.map((seat) => sandbox.person(seat));
  for (const person of people) await person.joinVoice(voice);
  return { tenant, guild, people, seats };
}
