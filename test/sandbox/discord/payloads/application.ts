import type { Application } from '../../world/types.ts';
import type { World } from '../../world/world.ts';
import { userPayload } from './user.ts';

/** An application as its own bot sees it (Discord: Application Object). */
export function applicationPayload(world: World, application: Application) {
  return {
    id: application.id,
    name: application.name,
    icon: null,
    description: application.description,
    type: null,
    bot: userPayload(world.user(application.botUserId)),
    bot_public: true,
    bot_require_code_grant: false,
    integration_types_config: { 0: {} },
    verify_key: application.verifyKey,
    flags: application.flags,
    flags_new: String(application.flags),
    redirect_uris: application.redirectUris,
    interactions_endpoint_url: application.interactionsEndpointUrl,
    role_connections_verification_url: null,
    owner: userPayload(world.user(application.ownerId)),
    approximate_guild_count: world.guildsOf(application.id).length,
    approximate_user_install_count: 0,
    approximate_user_authorization_count: 0,
    explicit_content_filter: 0,
    team: null,
    eligible_oauth2_scopes: ['applications.commands', 'bot', 'guilds', 'identify'],
  };
}
