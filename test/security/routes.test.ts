import fastify from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { expect, it } from 'vitest';
import { edgeRoutes } from '#gateway-proxy/discord-edge/routes/edge-routes.ts';
import { routes } from '#gateway-proxy/proxy/routes/routes.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Target } from '#policies/routes.ts';
import { memberPolicyRoutes } from '#services/api/src/routes/member-policy.ts';
import { registerHelpRoute } from '#services/audio/src/presentation/help-routes.ts';
import { keyRoutes as audioKeyRoutes } from '#services/audio/src/presentation/key-routes.ts';
import { registerLibraryRoutes } from '#services/audio/src/presentation/library-routes.ts';
import { registerPlayerEvents } from '#services/audio/src/presentation/player-events.ts';
import { registerPlayerRoutes } from '#services/audio/src/presentation/player-routes.ts';
import { registerStatisticsRoute } from '#services/audio/src/presentation/statistics-routes.ts';
import { registerSettingsRoutes } from '#services/audio/src/presentation/settings-routes.ts';
import { registerTimelineRoutes } from '#services/audio/src/presentation/timeline-routes.ts';
import { deletionRoutes } from '#services/worker/src/deletion-routes.ts';
import { erasureRoutes } from '#services/worker/src/erasure-routes.ts';
import { deadLetterRoutes } from '#services/worker/src/events.ts';
import { keyRoutes } from '#services/worker/src/key-routes.ts';
import { projectionRoutes } from '#services/worker/src/projection-routes.ts';
import { scheduleRoutes } from '#services/worker/src/schedules.ts';
import { webhookRoutes } from '#services/worker/src/webhooks/webhook-routes.ts';
import { installInstanceRoutes } from '#tenants/supervisor/instance-routes.ts';

/** Only registered, never called: nothing is behind them. */
const nothing = {} as never;

/** The parts behind a guard, each with its own routes. Lavalink is not ours. */
const upstreams: Readonly<Record<Exclude<Target, 'lavalink'>, (app: HttpApp) => Promise<void> | void>> = {
  audio(app) {
    registerPlayerRoutes(app, nothing);
    registerPlayerEvents(app, nothing);
    registerLibraryRoutes(app, nothing);
    registerHelpRoute(app, nothing);
    registerSettingsRoutes(app, nothing);
    registerTimelineRoutes(app, nothing);
    registerStatisticsRoute(app, nothing);
    audioKeyRoutes(app, nothing);
  },
  'discord-edge': (app) => edgeRoutes(app, nothing),
  // Its operations are public, and the one that the table names for all of them.
  api: (app) => memberPolicyRoutes(app, nothing),
  supervisor: (app) => installInstanceRoutes(app, nothing),
  worker(app) {
    keyRoutes(app, nothing);
    erasureRoutes(app, nothing);
    webhookRoutes(app, nothing);
    scheduleRoutes(app, nothing);
    deadLetterRoutes(app, nothing);
    projectionRoutes(app, nothing);
    deletionRoutes(app, nothing);
  },
};

/** A part's routes with the action on which its guard insists: `GET /v1/… player.read`. */
async function served(register: (app: HttpApp) => Promise<void> | void): Promise<string[]> {
  const app = fastify() as unknown as HttpApp;
  app.setValidatorCompiler(validatorCompiler);
  const found: string[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    for (const each of [method].flat()) if (each !== 'HEAD') found.push(`${each} ${url} ${config?.action}`);
  });
  await register(app);
  await app.ready();
  await app.close();
  return found.sort();
}

it.each(Object.entries(upstreams))(
  '%s has every route of the table, with the same action, and no other',
  async (to, register) => {
    const allowed = routes.all
      .filter((route) => route.to === to && !route.from.includes('public'))
      .flatMap(({ methods, pattern, action }) => methods.map((method) => `${method} ${pattern} ${action}`));
    expect(allowed).not.toEqual([]);
    expect(await served(register)).toEqual(allowed.sort());
  },
);
