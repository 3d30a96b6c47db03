import type { HttpApp } from '#infra/http/http-app.ts';
import { isTenantId } from '#infra/kernel/ids.ts';
import type { VoiceEvents } from '../voice/voice-events.ts';
import { credentialRoutes, type CredentialRoutesOptions } from './credential-routes.ts';
import { gatewayRoutes } from './gateway-routes.ts';
import { guildRoutes } from './guild-routes.ts';
import { keyRoutes, type KeyRoutesOptions } from './key-routes.ts';
import { memberRoutes } from './member-routes.ts';
import { requestChannelRoutes } from './request-channel-routes.ts';
import { restRoutes } from './rest-routes.ts';
import { sessionRoutes, type SessionRoutesOptions } from './session-routes.ts';
import { voiceRoutes } from './voice-routes.ts';

export interface EdgeRoutesOptions extends CredentialRoutesOptions, SessionRoutesOptions, KeyRoutesOptions {
  readonly events: VoiceEvents;
}

/** Everything that gateway-proxy lets other parts call here (policies/routes.ts). */
export async function edgeRoutes(app: HttpApp, options: EdgeRoutesOptions): Promise<void> {
  // Another edge may serve the tenant: then nothing is done here.
  app.addHook('preHandler', async ({ params }) => {
    const { tenant } = params as { tenant?: string };
    if (tenant !== undefined && isTenantId(tenant)) await options.tenants.hold(tenant);
  });
  gatewayRoutes(app, options);
  await restRoutes(app, options);
  credentialRoutes(app, options);
  keyRoutes(app, options);
  sessionRoutes(app, options);
  guildRoutes(app, options);
  memberRoutes(app, options);
  voiceRoutes(app, options);
  requestChannelRoutes(app, options);
}
