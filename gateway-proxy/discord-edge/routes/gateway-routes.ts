import { z } from 'zod';
import { ndjsonReply, type NdjsonWriter } from '#infra/http/ndjson.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { tenantOf } from '#security/identity/guard.ts';
import { gatewaySendSchema, streamAckSchema } from '#tenants/instance-protocol/stream-frames.ts';
import { SlidingCount } from '../budgets/sliding-count.ts';
import type { Tenants } from '../tenants.ts';
import { bodyOf } from '#infra/http/body-of.ts';

/** A bot in many guilds gets them all at once when it attaches. */
const maxStreamBacklogBytes = 32 * 1024 * 1024;

/** Discord: Gateway Events, Update Presence. An invalid one would close the session (4002), so it is checked here. */
const presenceSchema = z.strictObject({
  since: z.number().int().nullable().default(null),
  activities: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(128),
        type: z.number().int().min(0).max(5),
        state: z.string().max(128).optional(),
        url: z.url().max(512).optional(),
      }),
    )
    .max(1),
  status: z.enum(['online', 'dnd', 'idle', 'invisible']),
  afk: z.boolean().default(false),
});

/** The bot's side of its tenant's session: dispatches to the bot, acknowledgements and presence from it. */
export function gatewayRoutes(app: HttpApp, { tenants, clock }: { tenants: Tenants; clock: Clock }): void {
  const presences = new PresenceLimit(clock);
  app.get(
    '/v1/tenants/:tenant/gateway/stream',
    { config: { action: 'gateway.stream' }, exposeHeadRoute: false },
    async (request, reply) => {
      const edge = await tenants.edge(tenantOf(request));
      let writer: NdjsonWriter | undefined;
      writer = ndjsonReply(reply, {
        maxBufferedBytes: maxStreamBacklogBytes,
        onClose: () => {
          if (writer) edge.detach(writer);
        },
      });
      await edge.attach(writer);
      return reply;
    },
  );

  app.post('/v1/tenants/:tenant/gateway/ack', { config: { action: 'gateway.send' } }, async (request, reply) => {
    const { seq, ended } = bodyOf(request, streamAckSchema);
    (await tenants.edge(tenantOf(request))).acknowledge(seq, ended);
    return reply.code(204).send();
  });

  app.post('/v1/tenants/:tenant/gateway/send', { config: { action: 'gateway.send' } }, async (request, reply) => {
    const tenant = tenantOf(request);
    const { op, d } = bodyOf(request, gatewaySendSchema);
    const presence = presenceSchema.safeParse(d);
    if (!presence.success) throw callerFault('gateway.presence', 'This is not a valid Discord presence.');
    const session = (await tenants.edge(tenant)).session();
    presences.take(tenant);
    await session.send({ op, d: presence.data as never });
    return reply.code(204).send();
  });
}

/** A presence may change 5 times in 20 s; more would close the session (Discord: Gateway, Rate Limiting). */
class PresenceLimit {
  readonly #clock: Clock;
  readonly #counts = new Map<TenantId, SlidingCount>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(tenant: TenantId): void {
    const count = this.#counts.get(tenant) ?? new SlidingCount(this.#clock, { bucketMs: 5_000, buckets: 4 });
    this.#counts.set(tenant, count);
    if (count.total >= 5) {
      throw callerFault('gateway.presence-limit', 'The presence was changed too often. Try again in 20 seconds.', 429);
    }
    count.add();
  }
}
