import { z } from 'zod';
import { isAway, type Caller } from '#security/identity/caller.ts';
import { botState, botStateKinds, type BotState } from '#tenants/tenant/bot-state.ts';
import type { Tenant } from '#tenants/tenant/tenant.ts';
import { instanceSchema, sessionSchema } from './upstream.ts';

/** The state of a bot, as shown everywhere (tenants/tenant/bot-state.ts). */
export const botStateSchema = z.object({
  kind: z.enum(botStateKinds),
  /** One or two words. */
  label: z.string(),
  /** What that means, why, and what to do about it. */
  sentence: z.string(),
});

export interface TenantState {
  readonly session: z.infer<typeof sessionSchema> | null;
  readonly instance: z.infer<typeof instanceSchema> | null;
  readonly state: BotState;
}

const ofTenant = { tenant: z.string() };
const sessionsSchema = z.object({ sessions: z.array(sessionSchema.extend(ofTenant)) });
const instancesSchema = z.object({ instances: z.array(instanceSchema.extend(ofTenant)) });

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
  const path = `/v1/tenants/${tenant.id}`;
  const [session, instance] = await Promise.all([
    caller.json({ to: 'discord-edge', method: 'GET', path: `${path}/session`, timeoutMs }, sessionSchema).catch(orNull),
    caller.json({ to: 'supervisor', method: 'GET', path: `${path}/instance`, timeoutMs }, instanceSchema).catch(orNull),
  ]);
  return { session, instance, state: botState({ tenant, session, instance }) };
}

/** The same for many tenants, with one request to each part. */
export async function readTenantStates(caller: Pick<Caller, 'json'>): Promise<(tenant: Tenant) => TenantState> {
  const [sessions, instances] = await Promise.all([
    caller.json({ to: 'discord-edge', method: 'GET', path: '/v1/sessions', timeoutMs }, sessionsSchema).catch(orNull),
    caller.json({ to: 'supervisor', method: 'GET', path: '/v1/instances', timeoutMs }, instancesSchema).catch(orNull),
  ]);
  const sessionOf = new Map(sessions?.sessions.map(({ tenant, ...session }) => [tenant, session]));
  const instanceOf = new Map(instances?.instances.map(({ tenant, ...instance }) => [tenant, instance]));
  return (tenant) => {
    const session = sessions && (sessionOf.get(tenant.id) ?? noSession);
    const instance = instances && (instanceOf.get(tenant.id) ?? noInstance);
    return { session, instance, state: botState({ tenant, session, instance }) };
  };
}
