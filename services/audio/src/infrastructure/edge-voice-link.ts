import { z } from 'zod';
import type { Caller } from '#security/identity/caller.ts';
import type { VoiceLink } from './voice-gateway.ts';

/** discord-edge, through gateway-proxy. */
export function createEdgeVoiceLink(caller: Caller): VoiceLink {
  return {
    async send({ tenant, guild }, channelId) {
      const path = `/v1/tenants/${tenant}/guilds/${guild}/voice`;
      const body = { channelId, selfMute: false, selfDeaf: true };
      await caller.json({ to: 'discord-edge', method: 'POST', path, body }, z.unknown());
    },
    follow: (signal) => caller.stream({ to: 'discord-edge', method: 'GET', path: '/v1/voice-events', signal }),
  };
}
