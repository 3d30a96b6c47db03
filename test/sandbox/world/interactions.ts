import { randomBytes } from 'node:crypto';
import type {
  APIApplicationCommandOptionChoice,
  APIModalInteractionResponseCallbackData,
  GatewayInteractionCreateDispatchData,
} from 'discord-api-types/v10';
import type { World } from './world.ts';

/** An application must answer within this time (Discord: Receiving and Responding, Interaction Response). */
export const callbackDeadlineMs = 3_000;
/** Lifetime of an interaction's token (same page, Followup Messages). */
const tokenLifeMs = 15 * 60_000;
const mostRemembered = 2_000;

/**
 * One interaction of a person with a bot, and its outcome. `acknowledged` is a deferral without content yet; `failed`
 * is what a person sees as "The application did not respond". Times in Unix milliseconds.
 */
export interface InteractionRecord {
  id: string;
  token: string;
  applicationId: string;
  guildId: string;
  channelId: string;
  userId: string;
  /** 2 command, 3 component, 4 autocomplete, 5 modal (Discord: Interaction Type). */
  type: 2 | 3 | 4 | 5;
  /** The path of a command, or a component's or modal's custom id. */
  name: string;
  /** What is delivered to the application. */
  payload: GatewayInteractionCreateDispatchData;
  /** The message whose button was pressed. */
  sourceMessageId: string | null;
  state: 'pending' | 'acknowledged' | 'answered' | 'failed';
  callbackType: number | null;
  originalMessageId: string | null;
  ephemeral: boolean;
  followupIds: string[];
  choices: APIApplicationCommandOptionChoice[] | null;
  modal: APIModalInteractionResponseCallbackData | null;
  createdAt: number;
  callbackAt: number | null;
  answeredAt: number | null;
  failure: { code: string; message: string } | null;
}

/** A new interaction, before it has an id and an outcome. */
export type NewInteraction = Pick<
  InteractionRecord,
  'applicationId' | 'guildId' | 'channelId' | 'userId' | 'type' | 'name' | 'sourceMessageId'
> & { payload: (id: string, token: string) => GatewayInteractionCreateDispatchData };

/** Sends an interaction and starts its 3 seconds. */
export function createInteraction(world: World, made: NewInteraction): InteractionRecord {
  const id = world.ids.next();
  const token = randomBytes(64).toString('base64url');
  const record: InteractionRecord = {
    ...made,
    id,
    token,
    payload: made.payload(id, token),
    state: 'pending',
    callbackType: null,
    originalMessageId: null,
    ephemeral: false,
    followupIds: [],
    choices: null,
    modal: null,
    createdAt: world.clock.now(),
    callbackAt: null,
    answeredAt: null,
    failure: null,
  };
  world.interactions.set(id, record);
  for (const old of world.interactions.keys()) {
    if (world.interactions.size <= mostRemembered) break;
    world.interactions.delete(old);
  }
  world.clock.after(callbackDeadlineMs, () => {
    if (record.state === 'pending') {
      failInteraction(world, record, 'no-answer', 'The application did not respond.');
    }
  });
  world.emit({ type: 'interaction.created', interactionId: id });
  return record;
}

/** Records an interaction's only callback; the caller must have checked that it is still allowed. */
export function recordCallback(
  world: World,
  record: InteractionRecord,
  callback: { type: number; answered: boolean } & Partial<
    Pick<InteractionRecord, 'originalMessageId' | 'ephemeral' | 'choices' | 'modal'>
  >,
): void {
  const { type, answered, ...rest } = callback;
  const now = world.clock.now();
  Object.assign(record, rest, { callbackType: type, callbackAt: now, state: answered ? 'answered' : 'acknowledged' });
  if (answered) record.answeredAt = now;
  world.emit({ type: 'interaction.changed', interactionId: record.id });
}

/** Records that a deferred interaction has its content, or that a follow-up arrived. */
export function recordAnswer(world: World, record: InteractionRecord, followupId?: string): void {
  if (followupId !== undefined) record.followupIds.push(followupId);
  if (record.state === 'acknowledged') {
    record.state = 'answered';
    record.answeredAt = world.clock.now();
  }
  world.emit({ type: 'interaction.changed', interactionId: record.id });
}

/** Ends an interaction as the person sees it: without an answer. */
export function failInteraction(world: World, record: InteractionRecord, code: string, message: string): void {
  record.state = 'failed';
  record.failure = { code, message };
  world.emit({ type: 'interaction.changed', interactionId: record.id });
}

/** Finds an interaction by its token; undefined if it is unknown or no longer kept. */
export function interactionByToken(world: World, token: string): InteractionRecord | undefined {
  return [...world.interactions.values()].find((record) => record.token === token);
}

/** Whether an interaction's 15 minutes are over. */
export function tokenExpired(world: World, record: InteractionRecord): boolean {
  return world.clock.now() - record.createdAt >= tokenLifeMs;
}
