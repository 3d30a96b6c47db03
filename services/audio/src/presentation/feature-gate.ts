import type { HttpApp } from '#infra/http/http-app.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import { featuresOf } from '#policies/features.ts';
import { tenantOf } from '#security/identity/guard.ts';
import type { SearchResponse } from '#services/contracts/player.ts';
import { featureOff } from '../application/feature-off.ts';

/**
 * Refuses what a member's command needs and the guild does not have, before anything is read for it. What the policy allows
 * was decided on the way here; this says whether there is such a thing. @throws BailiwickError feature.off (403)
 */
export function gateFeatures(app: HttpApp, features: Pick<FeatureFlags, 'isOn'>): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) return;
    const { member, guild, action } = request.grant;
    if (member?.kind !== 'discord' || guild === undefined) return;
    const guildKey = { tenant: tenantOf(request), guild };
    for (const feature of featuresOf(member.command)) {
      if (!(await features.isOn(guildKey, feature))) throw featureOff();
    }
    // Half a word is not a fault. Whoever uses /search has sent what they typed.
    if (action === 'player.search' && member.command !== 'search' && !(await features.isOn(guildKey, 'suggestions')))
      return reply.send({ tracks: [] } satisfies SearchResponse);
  });
}
