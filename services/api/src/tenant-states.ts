import { z } from 'zod';
import { isAway, type Caller } from '#security/identity/caller.ts';
import {
  instanceListSchema,
  instanceStateSchema,
  type InstanceState,
} from '#tenants/instance-protocol/instance-state.ts';
import { sessionListSchema, sessionStateSchema, type SessionState } from '#tenants/instance-protocol/session-state.ts';
import { botState, botStateKinds, type BotState } from '#tenants/tenant/bot-state.ts';
import type { Tenant } from '#tenants/tenant/tenant.ts';
import { addressOf } from '#policies/addresses.ts';

/** The state of a bot, as shown everywhere (tenants/tenant/bot-state.ts). */
export const botStateSchema = z.object({
  kind: z.enum(botStateKinds),
  /** One or two words. */
  label: z.string(),
  /** What that means, why, and what to do about it. */
  sentence: z.string(),
});

export interface TenantState {
  readonly session: SessionState | null;
  readonly instance: InstanceState | null;
  readonly state: BotState;
}

/** A part that does not know the tenant has nothing to report. */
const noSession: TenantState['session'] = { status: 'none', guilds: 0 };
const noInstance: TenantState['instance'] = { desired: 'stopped', state: 'stopped', restarts: 0, layers: [] };

/** A part that does not respond by then is shown as unavailable. */
const timeoutMs = 3_000;

/** Null if it cannot be asked right now; a refusal is passed to the caller. */
const orNull = (error: unknown): null => {
  if (isAway(error)) return null;
  throw error;
};

export async function readTenantState(caller: Pick<Caller, 'json'>, tenant: Tenant): Promise<TenantState> {
  const sessionAt = addressOf('discord-edge', 'GET /v1/tenants/:tenant/session', { tenant: tenant.id });
  const instanceAt = addressOf('supervisor', 'GET /v1/tenants/:tenant/instance', { tenant: tenant.id });
  const [session, instance] = await Promise.all([
    caller.json({ ...sessionAt, timeoutMs }, sessionStateSchema).catch(orNull),
    caller.json({ ...instanceAt, timeoutMs }, instanceStateSchema).catch(orNull),
  ]);
  return { session, instance, state: botState({ tenant, session, instance }) };
}

/** What every edge knows of its tenants' sessions. */
async function readSessions(caller: Pick<Caller, 'json'>, edges: readonly string[]) {
  const lists = await Promise.all(
    edges.map((replica) => {
      const at = addressOf('discord-edge', 'GET /v1/replicas/:replica/sessions', { replica });
      return caller.json({ ...at, timeoutMs }, sessionListSchema).catch(orNull);
    }),
  );
  const sessions = lists.flatMap((list) => list?.sessions ?? []);
  // Of a tenant that none of them knows nothing is known if one of them could not be asked.
  return { sessions, unknown: edges.length === 0 || lists.includes(null) ? null : noSession };
}

/**
 * The same for many tenants, with one request to each part and edge.
 * @param edges the ids of those that run
 */
export async function readTenantStates(
  caller: Pick<Caller, 'json'>,
  edges: readonly string[],
): Promise<(tenant: Tenant) => TenantState> {
  const [{ sessions, unknown }, instances] = await Promise.all([
    readSessions(caller, edges),
    caller.json({ ...addressOf('supervisor', 'GET /v1/instances'), timeoutMs }, instanceListSchema).catch(orNull),
  ]);
  const sessionOf = new Map(sessions.map(({ tenant, ...session }) => [tenant, session]));
  const instanceOf = new Map(instances?.instances.map(({ tenant, ...instance }) => [tenant, instance]));
  return (tenant) => {
    const session = sessionOf.get(tenant.id) ?? unknown;
    const instance = instances && (instanceOf.get(tenant.id) ?? noInstance);
    return { session, instance, state: botState({ tenant, session, instance }) };
  };
}
