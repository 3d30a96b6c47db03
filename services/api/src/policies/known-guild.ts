import { z } from 'zod';
import { callerFault, hasCode, type BailiwickError } from '#infra/kernel/errors.ts';
import { snowflake, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { addressOf } from '#policies/addresses.ts';
import type { GuildPolicy } from '#policies/guild-policy.ts';
import { warningCodes, warningsOf, type GuildFacts } from '#policies/warnings.ts';
import type { Caller } from '#security/identity/caller.ts';
import { guildDetailSchema, type GuildDetail } from '#tenants/instance-protocol/guilds.ts';

/** Saving a policy does not wait longer for what its edge knows. */
const timeoutMs = 3_000;

/** What the edge knows of a guild right now. */
export type KnownGuild =
  | { readonly state: 'known'; readonly detail: GuildDetail }
  /** The bot is not in it. */
  | { readonly state: 'absent' }
  /** The edge is unavailable, or the bot is not connected. */
  | { readonly state: 'unsure' };

export async function knownGuild(
  caller: Pick<Caller, 'json'>,
  { tenant, guild }: { readonly tenant: TenantId; readonly guild: Snowflake },
): Promise<KnownGuild> {
  const address = addressOf('discord-edge', 'GET /v1/tenants/:tenant/guilds/:guild', { tenant, guild });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const detail = await caller.json({ ...address, signal }, guildDetailSchema);
    return { state: 'known', detail };
  } catch (error) {
    return { state: hasCode(error, 'guild.unknown') ? 'absent' : 'unsure' };
  }
}

/** The facts for warnings; undefined if the guild is not known. */
function factsOf(known: KnownGuild): GuildFacts | undefined {
  if (known.state !== 'known') return undefined;
  const { id, roles, text, voice, otherChannels } = known.detail;
  const ids = (list: readonly { id: string }[]) => list.map((each) => each.id);
  return { id, roles: new Set(ids(roles)), channels: new Set([text, voice, otherChannels].flatMap(ids)) };
}

/** The parents of the channel, as the edge would witness them: for a thread its channel, and the category. */
export function withinOf(known: KnownGuild, channel: Snowflake | undefined): readonly Snowflake[] {
  if (known.state !== 'known' || channel === undefined) return [];
  const { text, voice, otherChannels } = known.detail;
  const parents = new Map([...text, ...voice, ...otherChannels].map(({ id, parentId }) => [id, parentId]));
  const parent = parents.get(channel);
  return [parent, parents.get(parent ?? '')].flatMap((id) => (id ? [snowflake(id)] : []));
}

/** What a response adds about a valid policy. */
export const warnedSchema = z.object({
  /** Parts without effect, such as a role that the server does not have. */
  warnings: z.array(z.object({ pointer: z.string(), code: z.enum(warningCodes), detail: z.string() })),
  /** Why roles and channels were not checked; null if they were. */
  note: z.string().nullable(),
});

export const warned = (policy: GuildPolicy, known: KnownGuild): z.infer<typeof warnedSchema> => ({
  warnings: [...warningsOf(policy, factsOf(known))],
  note: notes[known.state],
});
const notes = {
  known: null,
  absent: 'The bot is not in this server, so roles and channels were not checked.',
  unsure: 'The bot is currently not connected, so roles and channels were not checked.',
} as const;

export const notInServer = (): BailiwickError =>
  callerFault('guild.unknown', 'The bot is not in this server. Check the server ID, or invite the bot first.', 404);
