import { z } from 'zod';
import { playerEventSchema } from '#services/contracts/player.ts';
import { instanceStateSchema } from '#tenants/instance-protocol/instance-state.ts';
import { sessionStateSchema } from '#tenants/instance-protocol/session-state.ts';

/** What happens with a tenant's bot, by the name of the event. Each is a complete state: the latest is enough. */
export const tenantEventSchemas = {
  player: playerEventSchema.options[0].omit({ kind: true }),
  /** Whether the players are currently known. */
  players: z.object({ current: z.boolean() }),
  session: sessionStateSchema.nullable(),
  instance: instanceStateSchema.nullable(),
};
type Schemas = typeof tenantEventSchemas;
export type TenantEvent = {
  readonly [Name in keyof Schemas]: { readonly event: Name; readonly data: Readonly<z.infer<Schemas[Name]>> };
}[keyof Schemas];

/** As one replica tells it to another. */
export const tenantEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('player'), data: tenantEventSchemas.player }),
  z.object({ event: z.literal('players'), data: tenantEventSchemas.players }),
  z.object({ event: z.literal('session'), data: tenantEventSchemas.session }),
  z.object({ event: z.literal('instance'), data: tenantEventSchemas.instance }),
]) satisfies z.ZodType<TenantEvent>;
