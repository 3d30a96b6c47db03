import { Gauge, Registry } from 'prom-client';
import { CacheMetrics } from '#infra/cache/cache-metrics.ts';
import { openSecondLevel } from '#infra/cache/open-second-level.ts';
import { onlyOne } from '#infra/database/only-one.ts';
import { openDatabase } from '#infra/database/pool.ts';
import { startHttpService } from '#infra/http/service.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { followReplicas } from '#infra/leases/followed-replicas.ts';
import { machineOf, replicaAddress } from '#infra/leases/replica-settings.ts';
import { TenantLeases } from '#infra/leases/tenant-leases.ts';
import { Health } from '#infra/observability/health.ts';
import { openFeatureFlags } from '#policies/feature-flags.ts';
import { enrol } from '#security/identity/agent.ts';
import { createCaller } from '#security/identity/caller.ts';
import { installGuard } from '#security/identity/guard.ts';
import { service } from '#security/identity/spiffe.ts';
import { custodianCause, watchCustodian } from '#security/keyring/custodian-watch.ts';
import { openTenantKeyring } from '#security/keyring/external/tenant-keyring.ts';
import { ExternalKeyWatch } from '#security/keyring/external/watch.ts';
import { openCustodian } from '#security/keyring/open-custodian.ts';
import { buildAudio, keysMayBeAwayMs, libraryConnections } from './build.ts';
import { createEdgeRequestChannels } from './infrastructure/edge-request-channels.ts';
import { createEdgeVoiceLink } from './infrastructure/edge-voice-link.ts';
import { followDirectory } from './infrastructure/lavalink/follow-directory.ts';
import { NodeDirectory } from './infrastructure/lavalink/node-directory.ts';
import { sealerOf } from './infrastructure/found-tracks.ts';
import { createProxyTransport } from './infrastructure/lavalink/proxy-transport.ts';
import { audioSettingsSchema } from './settings.ts';

await runProcess({
  name: 'audio',
  settings: audioSettingsSchema,
  async start(settings, { logger, stack, fail }) {
    const clock = systemClock;
    const { number, of: replicas } = settings.replica;
    const name = number === 1 ? 'audio' : `audio ${number}`;
    const replaced = () => fail(`another ${name} has taken over`);
    stack.use(await onlyOne({ url: settings.database.url, name, clock, logger, replaced }));
    const health = new Health();
    const metrics = new Registry();
    const database = stack.use(openDatabase(settings.database));
    // Given back last, when nothing is done for a tenant any more.
    const machine = machineOf(settings);
    const leases = stack.use(new TenantLeases({ database, part: 'audio', replicas, machine, clock, logger }));
    const { installation, secondLevel } = settings;
    const custodian = stack.use(await openCustodian(settings.keys, { installation, part: 'audio', logger, clock }));
    health.add(custodianCause, stack.use(watchCustodian(custodian, { clock, logger })).health);
    const external = { keeper: 'audio', database, settings: settings.externalKeys, clock, logger } as const;
    const keyring = await openTenantKeyring(custodian, { ...external, whileAwayMs: keysMayBeAwayMs });
    stack.use(keyring.externalKeys);
    if (replicas > 1) await keyring.externalKeys.follow();
    stack.use(new ExternalKeyWatch({ ...external, ...keyring }).start());
    const agent = stack.use(await enrol(settings, { workload: service('audio'), logger }));
    health.add('identity', agent.health);
    const caller = stack.use(createCaller({ agent, proxy: settings.proxy, clock }));
    const edges = stack.use(await followReplicas({ database, part: 'discord-edge', logger }));
    const nodes = new NodeDirectory(settings.lavalink.nodes);
    const followed = { database, directory: nodes, settings: settings.lavalink.nodes, logger };
    stack.use(await followDirectory(followed));
    const options = {
      nodes,
      searchSource: settings.searchSource,
      allowedHosts: settings.allowedHosts,
    };
    const caches = new CacheMetrics(metrics);
    const features = stack.use(await openFeatureFlags({ database, clock, metrics: caches }));
    const owner = { installation: installationId(installation), part: 'audio', logger } as const;
    const second = secondLevel && stack.use(await openSecondLevel(secondLevel, owner, sealerOf(keyring.envelope)));
    const audio = stack.use(
      buildAudio(options, {
        database,
        leases,
        library: {
          database: stack.use(openDatabase({ ...settings.database, maxConnections: libraryConnections })),
          custodian,
          ...keyring,
        },
        second,
        transport: createProxyTransport({ agent, caller, proxy: settings.proxy }),
        voiceLink: createEdgeVoiceLink(caller, edges, clock),
        requestChannels: createEdgeRequestChannels(caller),
        clock,
        logger,
        health,
        metrics,
        caches,
        features,
      }),
    );
    metrics.registerMetric(
      new Gauge({
        name: 'bailiwick_leases_held',
        help: 'Tenants whose music this process plays, or would play',
        registers: [],
        collect() {
          this.set(leases.size);
        },
      }),
    );
    const http = stack.use(
      await startHttpService({
        name: 'audio',
        logger,
        listen: settings.listen,
        ops: settings.ops,
        tls: agent.tls,
        health,
        metrics,
        bodyLimitBytes: 16 * 1024,
        register(app) {
          installGuard(app, { agent, audience: 'audio', clock });
          audio.register(app);
        },
      }),
    );
    await leases.join(replicaAddress(settings, http), audio.tenants);
    // Before the listener closes, so that whoever asks is sent to the next holder.
    stack.defer(() => leases.leave());
    return http;
  },
});
