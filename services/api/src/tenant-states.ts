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

/** The same for many tenants, with one request to each part. */
export async function readTenantStates(caller: Pick<Caller, 'json'>): Promise<(tenant: Tenant) => TenantState> {
  const [sessions, instances] = await Promise.all([
    caller.json({ ...addressOf('discord-edge', 'GET /v1/sessions'), timeoutMs }, sessionListSchema).catch(orNull),
    caller.json({ ...addressOf('supervisor', 'GET /v1/instances'), timeoutMs }, instanceListSchema).catch(orNull),
  ]);
  const sessionOf = new Map(sessions?.sessions.map(({ tenant, ...session }) => [tenant, session]));
  const instanceOf = new Map(instances?.instances.map(({ tenant, ...instance }) => [tenant, instance]));
  return (tenant) => {
    const session = sessions && (sessionOf.get(tenant.id) ?? noSession);
    const instance = instances && (instanceOf.get(tenant.id) ?? noInstance);
    return { session, instance, state: botState({ tenant, session, instance }) };
  };
}
