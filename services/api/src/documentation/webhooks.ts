import { z } from 'zod';
import { webhookBodySchema, webhookEvents, type WebhookEventType } from '#services/contracts/webhooks.ts';

/** What each event tells, as the reference shows it. */
const summaries: Readonly<Record<WebhookEventType, string>> = {
  'track.started': 'A track has started in a guild',
  'queue.ended': 'The queue of a guild has ended',
  'policy.changed': "A guild's policy has a new version",
  'key.rotated': "A key of the tenant's has been replaced",
  'bot.unwell': 'The bot is not running as it should',
  'tenant.suspended': 'The tenant was suspended, so its bot stops',
  'credential.refused': 'Discord does not let the bot connect with its token any more',
  'usage.reported': 'What was used on a day (UTC), told after midnight',
  'webhook.test': 'Somebody tests the webhook',
};

const description = `Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
can arrive more than once, with the same \`webhook-id\`, and in any order.`;

const header = (text: string) => ({ required: true, schema: { type: 'string' as const }, description: text });

/** The requests that the platform makes: one for each type of event (OpenAPI 3.1, `webhooks`). */
export const describedWebhooks = Object.fromEntries(
  (Object.keys(webhookEvents) as WebhookEventType[]).map((type) => [
    type,
    {
      post: {
        operationId: `on${type.replaceAll(/(?:^|\.)(\w)/g, (_whole, letter: string) => letter.toUpperCase())}`,
        tags: ['Webhooks'],
        summary: summaries[type],
        description,
        security: [],
        parameters: [
          { in: 'header' as const, name: 'webhook-id', ...header('The same in every attempt') },
          {
            in: 'header' as const,
            name: 'webhook-timestamp',
            ...header('When this attempt was made, in Unix seconds'),
          },
          { in: 'header' as const, name: 'webhook-signature', ...header('Signatures, separated by spaces') },
        ],
        requestBody: { required: true, content: { 'application/json': { schema: bodyOf(type) } } },
        responses: {
          '2XX': { description: 'The event was taken.' },
          410: { description: 'No more events are wanted; the webhook is disabled.' },
          default: { description: 'The event is sent again later.' },
        },
      },
    },
  ]),
);

function bodyOf(type: WebhookEventType) {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(webhookBodySchema(type), { io: 'output' });
  return schema as Record<string, unknown>;
}
