import { z } from 'zod';
import { plainEvents } from '#infra/event-store/plain-events.ts';

/** The bot does not run and is not restarted any more; the reason is the platform's own sentence. */
export const botFailedSchema = z.object({ reason: z.string() });

export const instanceEvents = plainEvents({ BotFailed: { schema: botFailedSchema, personal: [] } });

/** The stream of a tenant's bot. */
export const instanceStream = 'instance';
