import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Denial } from './exchange/denials.ts';
import type { Exchange } from './exchange/exchange.ts';
import type { Route } from './routes/route-table.ts';
import type { Upstreams } from './relay/upstreams.ts';

/** Counts of requests until they are collected: a labelled counter's own bookkeeping costs as much as a check. */
class Tally {
  readonly #counts = new Map<Route | undefined, Map<string, number>>();

  add(route: Route | undefined, outcome: string): void {
    let outcomes = this.#counts.get(route);
    if (!outcomes) {
      outcomes = new Map();
      this.#counts.set(route, outcomes);
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }

  flush(into: (labels: { to: string; action: string; outcome: string }, count: number) => void): void {
    for (const [route, outcomes] of this.#counts) {
      for (const [outcome, count] of outcomes)
        into({ to: route?.to ?? 'none', action: route?.action ?? 'none', outcome }, count);
    }
    this.#counts.clear();
  }
}

/** The proxy's metrics. Labels come from closed sets: routes, denial codes, upstreams; never a tenant. */
export interface ProxyMetrics {
  /** Called once for each exchange, when it is over. */
  over(exchange: Exchange, outcome: { readonly refused: Denial | undefined; readonly status: number }): void;
  /** A connection or a stream that was closed early, and why. */
  cut(what: 'connection' | 'stream', why: string): void;
}

export function createMetrics(
  registry: Registry,
  clock: Clock,
  sources: { readonly upstreams: Upstreams; readonly connections: () => number; readonly streams: () => number },
): ProxyMetrics {
  const registers = [registry];
  const name = (of: string) => `bailiwick_proxy_${of}`;
  const requests = new Tally();
  const counted = new Counter({
    name: name('requests_total'),
    help: 'Requests by route and outcome',
    labelNames: ['to', 'action', 'outcome'],
    registers: [],
    collect() {
      requests.flush((labels, count) => this.inc(labels, count));
    },
  });
  registry.registerMetric(counted);
  const denials = new Counter({
    name: name('denials_total'),
    help: 'Refused requests by code',
    labelNames: ['code'],
    registers,
  });
  const cuts = new Counter({
    name: name('cut_total'),
    help: 'Connections and streams that were closed early',
    labelNames: ['what', 'why'],
    registers,
  });
  const duration = new Histogram({
    name: name('duration_seconds'),
    help: 'Time from the first byte of a request to the last byte of its response, without streams',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  gauges(registry, sources);
  return {
    over(exchange, { refused, status }) {
      const { route } = exchange;
      const outcome = refused ? 'denied' : status === 0 ? 'aborted' : `${Math.floor(status / 100)}xx`;
      requests.add(route, outcome);
      if (refused) denials.inc({ code: refused.code });
      if (!route?.stream && !route?.upgrade) duration.observe((clock.now() - exchange.startedAtMs) / 1000);
    },
    cut: (what, why) => cuts.inc({ what, why }),
  };
}

function gauges(registry: Registry, sources: Parameters<typeof createMetrics>[2]): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `bailiwick_proxy_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('connections', 'Open connections with a certificate', sources.connections);
  gauge('streams', 'Open streams', sources.streams);
  const breakers = new Gauge({
    name: 'bailiwick_proxy_breaker_state',
    help: '0 closed, 1 half open, 2 open',
    labelNames: ['upstream'],
    registers,
    collect() {
      const values = { closed: 0, 'half-open': 1, open: 2 } as const;
      for (const { name, breaker } of sources.upstreams.all) this.set({ upstream: name }, values[breaker.state]);
    },
  });
  for (const { name } of sources.upstreams.all) breakers.set({ upstream: name }, 0);
}
