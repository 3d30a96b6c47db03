import { Registry } from 'prom-client';
import { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import { openDatabase, type Database } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantLeases } from '#infra/leases/tenant-leases.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { Health } from '#infra/observability/health.ts';
import { openFeatureFlags } from '#policies/feature-flags.ts';
import type { Custodian } from '#security/keyring/custodian.ts';
import { openTenantKeyring, type TenantKeyring } from '#security/keyring/external/tenant-keyring.ts';
import { externalKeysSettingsSchema } from '#security/keyring/external/settings.ts';
import { buildAudio, keysMayBeAwayMs, libraryConnections, type Audio, type AudioOptions } from '../src/build.ts';
import type { RequestChannels } from '../src/application/request-channels.ts';
import type { LavalinkTransport } from '../src/infrastructure/lavalink/transport.ts';
import type { VoiceLink } from '../src/infrastructure/voice-gateway.ts';

export interface LaunchOptions extends Pick<AudioOptions, 'nodes' | 'answerWithinMs'> {
  /** As the audio service's role. */
  readonly databaseUrl: string;
  readonly custodian: Custodian;
  readonly transport: LavalinkTransport;
  readonly voiceLink: VoiceLink;
  /** By default every channel can be one, and nobody has to know. */
  readonly requestChannels?: RequestChannels;
  readonly clock: Clock;
  readonly leasesOf: (pool: Database, audio: () => Audio) => Pick<TenantLeases, 'claim'>;
}

export interface LaunchedAudio extends AsyncDisposable {
  readonly audio: Audio;
  /** What it keeps for members, and the keys that seal it. */
  readonly library: TenantKeyring & { readonly database: Database; readonly custodian: Custodian };
  readonly health: Health;
}

/** The audio service as its process builds it, with what a test puts in the place of the network. */
export async function launchAudio(options: LaunchOptions): Promise<LaunchedAudio> {
  const { databaseUrl, custodian, clock, nodes, answerWithinMs, transport, voiceLink, leasesOf } = options;
  const pool = openDatabase({ url: databaseUrl, maxConnections: 4 });
  const health = new Health();
  const external = { keeper: 'audio', database: pool, clock, logger: silentLogger() } as const;
  const settings = externalKeysSettingsSchema.parse({});
  const keyring = await openTenantKeyring(custodian, { ...external, settings, whileAwayMs: keysMayBeAwayMs });
  const database = openDatabase({ url: databaseUrl, maxConnections: libraryConnections });
  const library = { database, custodian, ...keyring };
  const metrics = new Registry();
  const caches = new CacheMetrics(metrics);
  const features = await openFeatureFlags({ database: pool, clock, metrics: caches });
  const audio: Audio = buildAudio(
    {
      nodes,
      searchSource: 'ytsearch',
      allowedHosts: ['music.sandbox.test', 'youtube.com', 'open.spotify.com'],
      answerWithinMs,
    },
    {
      database: pool,
      leases: leasesOf(pool, () => audio),
      library,
      transport,
      voiceLink,
      requestChannels: options.requestChannels ?? { check: async () => undefined, changed: async () => undefined },
      clock,
      logger: silentLogger(),
      health,
      metrics,
      caches,
      features,
    },
  );
  return {
    audio,
    library,
    health,
    async [Symbol.asyncDispose]() {
      await audio[Symbol.asyncDispose]();
      await features[Symbol.asyncDispose]();
      for (const each of [pool, database]) await each[Symbol.asyncDispose]();
    },
  };
}
