import { ApplicationFlags } from 'discord-api-types/v10';
import { isRaw } from '../discord/raw.ts';

/** What the tenant has to do before the bot can read messages. */
export const contentMissing =
  'Discord does not let this bot read messages. Switch on "Message Content Intent" on the Bot page of the Discord Developer Portal.';

/**
 * Whether Discord grants an application the privileged intent for the content of messages: after approval, or, below 100
 * servers, because its owner has switched it on (Discord: Application Flags). Undefined if this is no application.
 */
export function mayReadContent(application: unknown): boolean | undefined {
  const flags = isRaw(application) ? application['flags'] : undefined;
  if (!isRaw(application) || typeof application['id'] !== 'string') return undefined;
  const granting = ApplicationFlags.GatewayMessageContent | ApplicationFlags.GatewayMessageContentLimited;
  return typeof flags === 'number' && (flags & granting) !== 0;
}
