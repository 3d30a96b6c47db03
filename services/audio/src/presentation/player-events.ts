import type { FastifyReply } from 'fastify';
import { ndjsonReply } from '#infra/http/ndjson.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { PlayerEvent } from '#services/contracts/player.ts';
import type { SettingsStore } from '../application/guild-settings.ts';
import type { PlayerFeed, SessionStore } from '../application/ports.ts';
import { playerOf } from '../application/view.ts';
import { tenantOf } from './player-routes.ts';

export interface PlayerEventsPorts {
  readonly events: PlayerFeed;
  readonly store: SessionStore;
  readonly settings: Pick<SettingsStore, 'all'>;
  readonly clock: Clock;
}

/** How many may follow one tenant at the same time: its bot, a few pages of the portal. */
const followerLimit = 50;
/** A follower that is this far behind is cut off; it reconnects and gets a snapshot. */
const behindLimit = 1_000;

/**
 * `GET /v1/tenants/:tenant/player-events`: each guild's settings and each active player, then `current`, then each change. Changes during the
 * snapshot come after `current`, unless the snapshot already has them.
 */
export function registerPlayerEvents(app: HttpApp, ports: PlayerEventsPorts): void {
  app.get('/v1/tenants/:tenant/player-events', { config: { action: 'player.events' } }, async (request, reply) => {
    await follow(ports, tenantOf(request.grant), reply);
  });
}

async function follow(
  { events, store, settings, clock }: PlayerEventsPorts,
  tenant: TenantId,
  reply: FastifyReply,
): Promise<void> {
  if (events.count(tenant) >= followerLimit) {
    throw callerFault(
      'player.too-many-followers',
      "Too many streams of this tenant's players are open. Close one first.",
      429,
    );
  }
  const meanwhile: PlayerEvent[] = [];
  let send = (event: PlayerEvent): void => void meanwhile.push(event);
  const unsubscribe = events.subscribe(tenant, (event) => send(event));
  try {
    const [sessions, chosen] = [await store.active(tenant), await settings.all(tenant)];
    const writer = ndjsonReply(reply, { onClose: unsubscribe });
    const versions = new Map(sessions.map(({ guild, version }) => [guild, version]));
    for (const each of chosen) writer.send({ kind: 'settings', ...each } satisfies PlayerEvent);
    for (const session of sessions) {
      writer.send({ kind: 'player', cause: 'snapshot', player: playerOf(session, clock.now()) } satisfies PlayerEvent);
    }
    writer.send({ kind: 'current' } satisfies PlayerEvent);
    if (meanwhile.length > behindLimit) return writer.close();
    send = (event) => {
      if (event.kind === 'player' && event.player.version <= (versions.get(event.player.guild) ?? 0)) return;
      writer.send(event);
    };
    for (const event of meanwhile.splice(0)) send(event);
  } catch (error) {
    unsubscribe();
    throw error;
  }
}
