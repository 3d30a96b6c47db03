import type { z } from 'zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import type { helpSchema } from '#services/contracts/help.ts';
import { guildKeyOf } from './player-routes.ts';

/**
 * What a member may use. It was decided on the way here, by whoever decides everything else: the answer is in the grant,
 * and passed on, with what the guild does not have at all.
 */
export function registerHelpRoute(app: HttpApp, features: Pick<FeatureFlags, 'off'>): void {
  app.get(
    '/v1/tenants/:tenant/guilds/:guild/help',
    { config: { action: 'help.read' } },
    async ({ grant }): Promise<z.infer<typeof helpSchema>> => ({
      usable: [...(grant.obligations?.usable ?? [])],
      denied: [...(grant.obligations?.denied ?? [])],
      off: [...(await features.off(guildKeyOf(grant)))],
    }),
  );
}
