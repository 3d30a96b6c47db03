import { z } from 'zod';
import { BailiwickError, upstreamFault } from '#infra/kernel/errors.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { RequestChannels } from '../application/request-channels.ts';
import { dependencyStatus } from './lavalink/breakers.ts';

const answerWithinMs = 4_000;

/** discord-edge reads the messages. */
export const createEdgeRequestChannels = (caller: Caller): RequestChannels => ({
  async check({ tenant, guild }, channelId) {
    const on = 'POST /v1/tenants/:tenant/guilds/:guild/request-channel/check';
    const address = addressOf('discord-edge', on, { tenant, guild });
    try {
      await caller.json({ ...address, body: { channelId }, signal: AbortSignal.timeout(answerWithinMs) }, z.unknown());
    } catch (error) {
      if (error instanceof BailiwickError && error.status < 500) throw error;
      const sentence = 'Discord cannot be reached right now. Try again in a moment.';
      throw upstreamFault('player.discord-unreachable', sentence, error, dependencyStatus);
    }
  },
  async changed(tenant) {
    const address = addressOf('discord-edge', 'POST /v1/tenants/:tenant/request-channels/changed', { tenant });
    await caller.json({ ...address, body: {}, signal: AbortSignal.timeout(answerWithinMs) }, z.unknown());
  },
});
