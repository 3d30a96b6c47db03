import { Gauge, type Registry } from 'prom-client';
import type { Database } from '#infra/database/pool.ts';
import type { Health } from '#infra/observability/health.ts';
import type { LavalinkNodes } from './infrastructure/lavalink/nodes.ts';
import type { EdgeVoiceGateway } from './infrastructure/voice-gateway.ts';

/** What the audio service depends on, for /health and /metrics. */
export function observe(
  { health, metrics, database }: { readonly health: Health; readonly metrics: Registry; readonly database: Database },
  lavalink: Pick<LavalinkNodes, 'health' | 'anyAway'>,
  voice: Pick<EdgeVoiceGateway, 'connected'>,
): void {
  health.add('database', database.health);
  health.add('voice-events', () =>
    voice.connected
      ? { status: 'healthy' }
      : {
          status: 'degraded',
          detail: 'the stream from discord-edge is interrupted, so joins and kicks are noticed late',
        },
  );
  health.add('lavalink', () => {
    const nodes = lavalink.health();
    health.fact('lavalink', nodes);
    const open = nodes.filter(({ breaker }) => breaker === 'open').map(({ node }) => node);
    const faults = nodes.flatMap(({ node, fault }) => (fault === null ? [] : `${node} ${fault}`));
    if (faults.length > 0) return { status: 'degraded', detail: faults.join('; ') };
    if (open.length > 0) return { status: 'degraded', detail: `failing nodes: ${open.join(', ')}` };
    if (lavalink.anyAway) return { status: 'degraded', detail: 'a tenant has no connection to any node' };
    return { status: 'healthy' };
  });
  metrics.registerMetric(
    new Gauge({
      name: 'audio_lavalink_players',
      help: 'Players on a Lavalink node, of all its clients, as last reported.',
      labelNames: ['node'],
      registers: [],
      collect() {
        for (const { node, players } of lavalink.health()) this.set({ node }, players);
      },
    }),
  );
  metrics.registerMetric(
    new Gauge({
      name: 'audio_lavalink_sessions',
      help: 'Tenants with an open session on a Lavalink node.',
      labelNames: ['node'],
      registers: [],
      collect() {
        for (const { node, sessions } of lavalink.health()) this.set({ node }, sessions);
      },
    }),
  );
  metrics.registerMetric(
    new Gauge({
      name: 'audio_lavalink_source',
      help: 'Sources that a Lavalink node has, by its own account: 1 for each.',
      labelNames: ['node', 'source'],
      registers: [],
      collect() {
        this.reset();
        for (const { node, info } of lavalink.health())
          for (const source of info?.sources ?? []) this.set({ node, source }, 1);
      },
    }),
  );
}
