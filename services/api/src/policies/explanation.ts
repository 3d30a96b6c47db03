import { z } from 'zod';
import type { TenantId } from '#infra/kernel/ids.ts';
import { isAction } from '#security/identity/actions.ts';
import { recordedMember } from '#policies/decision-facts.ts';
import { alternatives, rolesAllowed, type Alternative } from '#policies/explain.ts';
import { replay } from '#policies/dry-run.ts';
import type { PolicyStore } from '#policies/policy-store.ts';
import type { Decision } from '#policies/request.ts';
import type { AuditRecord } from '#security/audit/record.ts';
import { obligationsSchema } from '#security/identity/obligations.ts';

export const explanationSchema = z.object({
  decision: z.string(),
  /** When it was made; the same decision is in the records of all identical requests under the same policies. */
  decidedAt: z.iso.datetime(),
  allowed: z.boolean(),
  /** What refused the call; `authorize` if the decision itself did. Null for an allowed call. */
  check: z.string().nullable(),
  /** The code of the refusal. */
  reason: z.string().nullable(),
  /** The rule that decided; null if none mentions it. */
  rule: z.string().nullable(),
  /** Version of everything that the tenant's decisions depend on. */
  version: z.string().nullable(),
  /** The action, the caller and the place. */
  facts: z.object({
    action: z.string(),
    workload: z.object({ type: z.string(), id: z.string() }),
    member: z.object({ type: z.string(), id: z.string() }).nullable(),
    guild: z.string().nullable(),
    channel: z.string().nullable(),
    command: z.string().nullable(),
    roles: z.array(z.string()),
    permissions: z.string().nullable(),
  }),
  /** The guild's policy at the time, evaluated again; null if no guild's policy decided. */
  replay: z
    .object({
      policyVersion: z.number().int(),
      allowed: z.boolean(),
      rule: z.string().nullable(),
      message: z.string(),
      obligations: obligationsSchema.nullable(),
      /** Whether it comes to the same decision. */
      agrees: z.boolean(),
    })
    .nullable(),
  /** What would have allowed it, each verified under the policy at the time. Empty for what was allowed. */
  wouldAllow: z.array(
    z.object({
      kind: z.enum(['role', 'channel', 'permission', 'rule', 'hours', 'otherwise', 'alone', 'tenant-role']),
      id: z.string().optional(),
      permission: z.string().optional(),
      rule: z.string().optional(),
      role: z.string().optional(),
      sentence: z.string(),
    }),
  ),
  /** What the decision allowed and was then not done, newest first: each time it was requested, at most 10. */
  failures: z.array(
    z.object({
      at: z.iso.datetime(),
      /** A stable code, such as `player.member-not-in-voice`. */
      reason: z.string().nullable(),
      /** The message that the caller received. */
      message: z.string().nullable(),
      record: z.string(),
    }),
  ),
  /** The audit record that documents it. */
  record: z.string(),
});

export type Explanation = z.infer<typeof explanationSchema>;

/** Explains a recorded decision, and repeats it under the policy at the time. */
export async function explainDecision(
  policies: Pick<PolicyStore, 'version' | 'asOf'>,
  tenant: TenantId,
  { record, failures = [] }: { readonly record: AuditRecord; readonly failures?: readonly AuditRecord[] },
  decidedAtMs: number,
): Promise<Explanation> {
  const recorded = recordedMember(record);
  const isPerson = record.actor.type === 'tenant-member' || record.actor.type === 'operator';
  // A refusal by a check after the decision leaves the decision as it was: allowed.
  const check = record.outcome === 'denied' ? checkOf(record) : null;
  const allowed = check === null || check === 'limit';
  const replayed = recorded && isOfPolicy(record) && (await replayOf(policies, tenant, record, recorded, decidedAtMs));
  return {
    decision: record.decision ?? '',
    decidedAt: new Date(decidedAtMs).toISOString(),
    allowed,
    check,
    reason: record.reason ?? null,
    rule: record.rule ?? null,
    version: record.policyVersion ?? null,
    facts: {
      action: record.action,
      workload: isPerson ? { type: 'service', id: 'api' } : record.actor,
      member: isPerson ? record.actor : (record.onBehalfOf ?? null),
      guild: record.guild ?? null,
      channel: record.channel ?? null,
      command: record.command ?? null,
      roles: [...(recorded?.member.roles ?? [])],
      permissions: recorded?.member.permissions ?? null,
    },
    replay: replayed
      ? {
          ...replayed.answer,
          agrees: replayed.answer.allowed === allowed && replayed.answer.rule === (record.rule ?? null),
        }
      : null,
    wouldAllow: allowed || !isOfPolicy(record) ? [] : [...(replayed ? replayed.wouldAllow : tenantRoles(record))],
    failures: failures.map(({ id, time, reason, detail }) => ({
      at: time,
      reason: reason ?? null,
      message: typeof detail?.['message'] === 'string' ? detail['message'] : null,
      record: id,
    })),
    record: record.id,
  };
}

async function replayOf(
  policies: Pick<PolicyStore, 'version' | 'asOf'>,
  tenant: TenantId,
  record: AuditRecord,
  { member, policyVersion }: NonNullable<ReturnType<typeof recordedMember>>,
  atMs: number,
) {
  const { guild } = member;
  const { version, policy } =
    policyVersion === undefined
      ? await policies.asOf(tenant, guild, new Date(atMs))
      : await policies.version(tenant, guild, policyVersion);
  if (!isAction(record.action)) return undefined;
  const asked = { tenant, action: record.action, member, atMs };
  const decision = await replay(policy, asked);
  return {
    answer: {
      policyVersion: version,
      allowed: decision.allowed,
      rule: decision.rule ?? null,
      message: decision.message,
      obligations: decision.obligations ?? null,
    },
    wouldAllow: await alternatives(policy, asked),
  };
}

/** Reasons that no policy gave, and no policy could change. */
const beyondPolicy: ReadonlySet<string> = new Set<Decision['reason']>([
  'unknown-tenant',
  'suspended',
  'other-guild',
  'stale',
  'failed',
]);

const isOfPolicy = ({ reason = '' }: AuditRecord): boolean => !beyondPolicy.has(reason.replace('authorize.', ''));

/** Callers of the portal and the API are decided by their role. */
function tenantRoles({ action, actor, onBehalfOf }: AuditRecord): readonly Alternative[] {
  const isPerson = [actor, onBehalfOf].some((who) => who?.type === 'tenant-member' || who?.type === 'operator');
  return isPerson && isAction(action) ? rolesAllowed(action) : [];
}

/** The api gives the reason in one word, the proxy as `<check>.<fault>`. */
const checkOf = ({ reason = '' }: AuditRecord): string =>
  reason.includes('.') ? (reason.split('.')[0] ?? '') : 'authorize';
