import { pause, type Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { NodeFollower } from './follow-node.ts';
import type { VoiceFollower } from './follow-voice.ts';
import type { Lavalink, SessionStore, VoiceGateway } from './ports.ts';

export interface RecoverPorts {
  readonly store: SessionStore;
  readonly lavalink: Lavalink;
  readonly voice: VoiceGateway & { readonly current: Promise<void> };
  readonly voiceFollower: VoiceFollower;
  readonly nodeFollower: NodeFollower;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the service stops. */
  readonly closing: AbortSignal;
}

const keysRetryMs = 1_000;

/**
 * After a start: what was playing continues. Existing voice connections are used, Lavalink sessions resumed (their
 * nodes then report what happened to the players), and what is lost is recreated at the stored position.
 */
export async function recover(ports: RecoverPorts): Promise<void> {
  const { store, lavalink, voice, voiceFollower, nodeFollower, logger } = ports;
  await voice.current;
  const active = (await onceKeysAreThere(ports, () => store.activeEverywhere())) ?? [];
  const tenants = new Set(active.filter(({ session }) => session.current).map(({ tenant }) => tenant));
  for (const tenant of tenants) {
    const botUser = voice.botUser(tenant);
    if (!botUser) continue;
    await lavalink
      .open(tenant, botUser)
      .catch((error: unknown) => logger.warn({ err: error, tenant }, 'could not open'));
  }
  for (const { tenant, session } of active) {
    const guildKey = { tenant, guild: session.guild };
    voiceFollower.recover(guildKey, session);
    nodeFollower.changed(guildKey, session);
  }
  if (active.length > 0) logger.info({ sessions: active.length, tenants: tenants.size }, 'resumed sessions');
  await onceKeysAreThere(ports, () => store.sealEarlier());
}

/** Waits for the custodian; undefined if the service stops first. */
async function onceKeysAreThere<Result>(
  { clock, logger, closing }: Pick<RecoverPorts, 'clock' | 'logger' | 'closing'>,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  for (let isFirst = true; !closing.aborted; isFirst = false) {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, 'keyring.unavailable')) throw error;
      if (isFirst) logger.warn({ err: error }, 'sessions are resumed once the keys can be reached');
      await pause(keysRetryMs, clock, closing);
    }
  }
  return undefined;
}
