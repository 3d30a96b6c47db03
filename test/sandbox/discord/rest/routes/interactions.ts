import { interactionByToken, tokenExpired } from '../../../world/interactions.ts';
import type { InteractionRecord } from '../../../world/interactions.ts';
import type { StoredMessage } from '../../../world/types.ts';
import type { World } from '../../../world/world.ts';
import { deleteOwn, editOwn, followUp, ownMessage, takeCallback } from '../../interactions/answer.ts';
import { messageFlags } from '../../payloads/message.ts';
import { booleanIn } from '../access.ts';
import { refuse } from '../errors.ts';
import { interactionRoute, noContent, ok } from '../route.ts';
import type { RestRequest, RestRoute } from '../route.ts';

function callbackResponse(record: InteractionRecord, stored: StoredMessage | undefined) {
  return {
    interaction: {
      id: record.id,
      type: record.type,
      ...(stored
        ? {
            response_message_id: stored.message.id,
            response_message_loading: ((stored.message.flags ?? 0) & messageFlags.loading) !== 0,
            response_message_ephemeral: stored.ephemeralFor !== null,
          }
        : {}),
      channel_id: record.channelId,
      guild_id: record.guildId,
    },
    // Only a reply and an update are returned in full (Discord: Interaction Callback Resource Object).
    ...(stored && (record.callbackType === 4 || record.callbackType === 7)
      ? { resource: { type: record.callbackType, message: stored.message } }
      : {}),
  };
}

/** The interaction whose token is in a webhook's path; only after its callback, and for 15 minutes. */
function recordFor(world: World, { params }: RestRequest): InteractionRecord {
  const record = interactionByToken(world, params['webhook_token'] ?? '');
  if (!record || record.applicationId !== params['webhook_id'] || record.callbackAt === null) {
    throw refuse('unknownWebhook');
  }
  if (tokenExpired(world, record)) throw refuse('invalidWebhookToken');
  return record;
}

const base = '/webhooks/:webhook_id/:webhook_token';

function messageRoutes(path: string): RestRoute[] {
  const id = (request: RestRequest) => request.params['message_id'] ?? '@original';
  return [
    interactionRoute(`GET ${path}`, (request, { world }) =>
      ok(ownMessage(world, recordFor(world, request), id(request)).message),
    ),
    interactionRoute(`PATCH ${path}`, (request, { world }) =>
      ok(editOwn(world, recordFor(world, request), id(request), request.body, request.files).message),
    ),
    interactionRoute(`DELETE ${path}`, (request, { world }) => {
      deleteOwn(world, recordFor(world, request), id(request));
      return noContent;
    }),
  ];
}

/** Answering interactions (Discord: Receiving and Responding, Endpoints). */
export const interactionRoutes: RestRoute[] = [
  interactionRoute(
    'POST /interactions/:interaction_id/:interaction_token/callback',
    (request, { world }) => {
      const record = interactionByToken(world, request.params['interaction_token'] ?? '');
      if (!record || record.id !== request.params['interaction_id']) throw refuse('unknownInteraction');
      const withResponse = booleanIn(request.query, 'with_response');
      const stored = takeCallback(world, record, request.body, request.files);
      return withResponse ? ok(callbackResponse(record, stored)) : noContent;
    },
    { limit: 50, perMs: 1_000 },
  ),
  interactionRoute(`POST ${base}`, (request, { world }) =>
    ok(followUp(world, recordFor(world, request), request.body, request.files).message),
  ),
  ...messageRoutes(`${base}/messages/@original`),
  ...messageRoutes(`${base}/messages/:message_id`),
];
