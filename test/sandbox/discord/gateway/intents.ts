import { ApplicationFlags, GatewayIntentBits } from 'discord-api-types/v10';

const known = Object.values(GatewayIntentBits)
  .filter((value): value is GatewayIntentBits => typeof value === 'number')
  .reduce((all, bit) => all | bit, 0);

/** Each privileged intent with the application flags that grant it (Discord: Gateway, Privileged Intents). */
export const privilegedIntents = {
  presences: {
    intent: GatewayIntentBits.GuildPresences,
    granted: ApplicationFlags.GatewayPresence | ApplicationFlags.GatewayPresenceLimited,
    limited: ApplicationFlags.GatewayPresenceLimited,
  },
  members: {
    intent: GatewayIntentBits.GuildMembers,
    granted: ApplicationFlags.GatewayGuildMembers | ApplicationFlags.GatewayGuildMembersLimited,
    limited: ApplicationFlags.GatewayGuildMembersLimited,
  },
  messageContent: {
    intent: GatewayIntentBits.MessageContent,
    granted: ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited,
    limited: ApplicationFlags.GatewayMessageContentLimited,
  },
} as const;

/** The close code for a set of intents, or undefined if it is valid. */
export function intentsFault(intents: unknown, applicationFlags: number): 4013 | 4014 | undefined {
  if (typeof intents !== 'number' || !Number.isSafeInteger(intents) || intents < 0) return 4013;
  if ((BigInt(intents) & ~BigInt(known)) !== 0n) return 4013;
  const disallowed = Object.values(privilegedIntents).some(
    ({ intent, granted }) => intents & intent && !(applicationFlags & granted),
  );
  return disallowed ? 4014 : undefined;
}
