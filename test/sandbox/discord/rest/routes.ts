import type { RestRoute } from './route.ts';
import { channelRoutes } from './routes/channels.ts';
import { commandRoutes } from './routes/commands.ts';
import { guildRoutes } from './routes/guilds.ts';
import { interactionRoutes } from './routes/interactions.ts';
import { oauth2Routes } from './routes/oauth2.ts';
import { selfRoutes } from './routes/self.ts';

/** Every endpoint of the sandbox's Discord; any other path is 404. */
export const restRoutes: RestRoute[] = [
  ...selfRoutes,
  ...oauth2Routes,
  ...commandRoutes,
  ...interactionRoutes,
  ...channelRoutes,
  ...guildRoutes,
];
