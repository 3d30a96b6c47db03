import { z } from 'zod';
import { BailiwickError, upstreamFault } from '#infra/kernel/errors.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { FollowedReplicas } from '#infra/leases/followed-replicas.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Caller } from '#security/identity/caller.ts';
import { followEveryEdge } from './every-edge.ts';
import { dependencyStatus } from './lavalink/breakers.ts';
import type { VoiceLink } from './voice-gateway.ts';

const unreachable = (cause: unknown) =>
  upstreamFault(
    'player.discord-unreachable',
    'Discord cannot be reached right now. Try again in a moment.',
    cause,
    dependencyStatus,
  );

/** Less than a bot waits for this service, which may have to ask a node as well. */
const answerWithinMs = 4_000;

/** Every discord-edge, through gateway-proxy. */
export function createEdgeVoiceLink(caller: Caller, edges: FollowedReplicas, clock: Clock): VoiceLink {
  return {
    async send({ tenant, guild }, channelId) {
      const address = addressOf('discord-edge', 'POST /v1/tenants/:tenant/guilds/:guild/voice', { tenant, guild });
      const body = { channelId, selfMute: false, selfDeaf: true };
      try {
        const signal = AbortSignal.timeout(answerWithinMs);
        await caller.json({ ...address, body, signal }, z.unknown());
      } catch (error) {
        throw error instanceof BailiwickError && error.status < 500 ? error : unreachable(error);
      }
    },
    follow(signal) {
      const open = (replica: string, until: AbortSignal) =>
        caller.stream({
          ...addressOf('discord-edge', 'GET /v1/replicas/:replica/voice-events', { replica }),
          signal: until,
        });
      return followEveryEdge({ edges, open, clock }, signal);
    },
  };
}
