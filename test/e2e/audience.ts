import type { HostedTenant, RunningPlatform } from './platform.ts';
import type { Person } from './sandbox.ts';

/** A tenant that plays in a guild of its own, to people in a voice channel. */
export interface Audience {
  readonly tenant: HostedTenant;
  readonly guild: string;
  /** Several, since commands are rate-limited per member. */
  readonly people: readonly Person[];
}

export async function createAudience(platform: RunningPlatform, index: number, size: number): Promise<Audience> {
  const { sandbox } = platform;
  const guild = await sandbox.createGuild(`Guild ${index}`);
  const channel = await sandbox.createChannel(guild, 'music', 'text');
  const voice = await sandbox.createChannel(guild, 'Lounge', 'voice');
  const tenant = await platform.onboard(`Tenant ${index}`, guild);
  const people = await Promise.all(
    Array.from({ length: size }, async (_, number) => {
      const user = await sandbox.addPerson(guild, `listener-${index}-${number}`);
      const person = sandbox.person({ guild, channel, user, applicationId: tenant.application.id });
      await person.joinVoice(voice);
      return person;
    }),
  );
  return { tenant, guild, people };
}
