import { setTimeout as delay } from 'node:timers/promises';
import { RedisLevel } from '#infra/cache/redis-level.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import type { Fault } from '#infra/kernel/errors.ts';
import { installationId, newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { operatorReason } from '#infra/shared-state/availability.ts';
import { openSharedCounts, openSharedState } from '#infra/shared-state/open-shared-state.ts';
import type { RedisSettings } from '#infra/shared-state/settings.ts';
import { sharingParts, type SharingPart } from '#infra/shared-state/shared-names.ts';
import { passwordAt, sentinelPasswordAt, trustAt, type RedisOfParts } from './live-shared-state.ts';
import { isPlainRedis } from './plain-redis.ts';

/** On a busy machine, TLS to each Sentinel and to the master takes seconds. */
const probeMs = 8_000;
const everyMs = 50;
/** Also while there is no connection yet. */
const silent = 'it does not answer';
/** What a probe writes is nobody's. */
const asItIs = { seal: async (bytes: Uint8Array) => bytes, open: async (bytes: Uint8Array) => bytes };

/** Whether each part can reach Redis over TLS, and do there what it has to. What all of them miss is reported once. */
export async function probeRedis(redis: RedisOfParts, installation: string): Promise<Fault[]> {
  const found = await Promise.all(sharingParts.map((part) => probePart(part, redis[part], installation)));
  const faults = new Map(found.flatMap((fault) => (fault ? [[`${fault.at} ${fault.message}`, fault]] : [])));
  return [...faults.values()];
}

async function probePart(part: SharingPart, settings: RedisSettings, installation: string): Promise<Fault | undefined> {
  const why = await reasonAgainst(part, settings, installation);
  if (why === undefined) return undefined;
  const placeAt = `/sharedState/${settings.cluster ? 'cluster' : settings.sentinels ? 'sentinels' : 'url'}`;
  if (why.endsWith(silent) && settings.url !== undefined && (await isPlainRedis(settings.url)))
    return { at: placeAt, message: 'Redis does not speak TLS there: give it a tls-port' };
  return { at: settingOf(why, part) ?? placeAt, message: why };
}

/** Which setting to correct, other than the address. */
function settingOf(why: string, part: SharingPart): string | undefined {
  if (why.includes('Sentinels do not accept')) return sentinelPasswordAt;
  if (why.includes('password')) return passwordAt(part);
  if (why.includes('authority')) return trustAt;
  return why.includes('a master of this name') ? '/sharedState/master' : undefined;
}

async function reasonAgainst(
  part: SharingPart,
  settings: RedisSettings,
  installation: string,
): Promise<string | undefined> {
  const owner = { installation: installationId(installation), part, logger: silentLogger(), clock: systemClock };
  await using resources = new AsyncDisposableStack();
  const use = await everyUse();
  let why = silent;
  for (const untilMs = Date.now() + probeMs; why.endsWith(silent) && Date.now() < untilMs; await delay(everyMs)) {
    try {
      await use();
      return undefined;
    } catch (error) {
      why = operatorReason(error);
    }
  }
  return why;

  async function everyUse(): Promise<() => Promise<unknown>> {
    const key = { name: 'probe' };
    if (part === 'audio') {
      const level = resources.use(new RedisLevel(settings, owner, asItIs));
      const own = { tenant: newTenantId(), ...key };
      return async () => {
        await level.write(own, Buffer.from(key.name), 1);
        await level.read(own);
      };
    }
    if (part !== 'gateway-proxy') {
      const counts = resources.use(await openSharedCounts(settings, owner));
      return () => counts.exchange([{ ...key, counts: [], forMs: 1 }]);
    }
    const state = resources.use(await openSharedState(settings, owner));
    return async () => {
      await state.knows(key);
      await state.remember(key, 1);
    };
  }
}
