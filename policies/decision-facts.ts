import { decodeTime } from 'ulid';
import { isSnowflake, type Snowflake } from '#infra/kernel/ids.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import type { DiscordMember, Member } from '#security/identity/transaction-token.ts';
import type { Decision } from './request.ts';

/** A detail of a record holds at most 2048 characters: this many ids fit. */
const rolesPerDetail = 97;

/**
 * The facts of a decision that its record does not state elsewhere, for the record's `detail`: with them the decision
 * can be repeated. Roles are in `roles`, `roles.2`, … separated by commas.
 */
export function factsDetail(
  decision: Pick<Decision, 'policyVersion'> | undefined,
  member: Member | undefined,
): NonNullable<AuditRecord['detail']> {
  const detail: NonNullable<AuditRecord['detail']> = {};
  if (member?.kind === 'discord' && member.alone) detail['alone'] = true;
  if (decision?.policyVersion !== undefined) detail['guildPolicyVersion'] = decision.policyVersion;
  if (member?.kind !== 'discord') return detail;
  const { permissions, roles, within } = member;
  detail['permissions'] = permissions;
  for (let start = 0; start < roles.length; start += rolesPerDetail)
    detail[start === 0 ? 'roles' : `roles.${start / rolesPerDetail + 1}`] = roles
      .slice(start, start + rolesPerDetail)
      .join();
  if (within) detail['within'] = within.join();
  return detail;
}

/** A decision about a Discord member, as recorded. */
export interface RecordedMember {
  readonly member: DiscordMember;
  /** Version of the guild's policy; missing in records from before it was recorded. */
  readonly policyVersion: number | undefined;
}

/** Reads back what `factsDetail` wrote; undefined if it is not about a Discord member. */
export function recordedMember(record: AuditRecord): RecordedMember | undefined {
  const { onBehalfOf, guild, channel, command, detail = {} } = record;
  if (onBehalfOf?.type !== 'discord-member' || guild === undefined || command === undefined) return undefined;
  const roles = Object.entries(detail)
    .filter(([name]) => /^roles(?:\.\d+)?$/.test(name))
    .flatMap(([, ids]) => String(ids).split(','))
    .filter(isSnowflake);
  const within = String(detail['within'] ?? '')
    .split(',')
    .filter(isSnowflake);
  const version = detail['guildPolicyVersion'];
  return {
    member: {
      kind: 'discord',
      user: onBehalfOf.id as Snowflake,
      guild: guild as Snowflake,
      channel: (channel ?? '0') as Snowflake,
      ...(within.length > 0 ? { within } : {}),
      ...(detail['alone'] === true ? { alone: true } : {}),
      roles,
      permissions: typeof detail['permissions'] === 'string' ? detail['permissions'] : '0',
      voiceChannel: null,
      command,
    },
    policyVersion: typeof version === 'number' ? version : undefined,
  };
}

/** When a decision was made, in milliseconds: its id starts with the time (a ULID in lower case). */
export function decidedAtMs(decision: string): number | undefined {
  const ulid = /^dec_([0-7][0-9a-hjkmnp-tv-z]{25})$/.exec(decision)?.[1];
  return ulid === undefined ? undefined : decodeTime(ulid.toUpperCase());
}
