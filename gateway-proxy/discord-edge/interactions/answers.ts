import { refusedHeader } from '#infra/http/refusals.ts';
import {
  alreadyAcknowledged,
  discordError,
  isMomentary,
  json,
  noContent,
  unknownInteraction,
} from '../discord/discord-answers.ts';
import { isRaw, text, type Raw } from '../discord/raw.ts';
import { sendCallback } from './callback.ts';
import { callbackType, type TrackedInteraction } from './interaction.ts';
import type { Interactions } from './interactions.ts';
import type { InteractionDoor } from './shown-answer.ts';
import { isEphemeral } from '../discord/ephemeral.ts';
import { asEdit, asFollowUp, planCallback, planContent } from './plan.ts';

export interface AnswersOptions extends InteractionDoor {
  readonly interactions: Interactions;
}

/** A bot's call on a message of an interaction. `message` is an id or `@original`. */
export interface MessageCall {
  readonly method: 'GET' | 'PATCH' | 'DELETE';
  readonly message: string;
  readonly body?: Raw | undefined;
  readonly query?: URLSearchParams | undefined;
}

/** How an answer is requested: its query, and an idempotency key. */
export interface Asked {
  readonly query?: URLSearchParams | undefined;
  readonly key?: string | undefined;
}

/** An answer is repeated if its outcome is unknown, so the last few of an interaction are remembered. */
const maxRemembered = 8;
/** It is unknown whether Discord posted a follow-up; posting it again could show it twice. */
const outcomeUnknown = 'discord.outcome-unknown';
const original = '@original';
const shownWhole: readonly unknown[] = [callbackType.message, callbackType.update];

/**
 * Carries out a bot's answers to interactions. Where the edge has deferred in the bot's place, an answer becomes the
 * edit or follow-up that Discord then expects, and the bot gets the response that it would have got otherwise.
 */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #given = new WeakMap<TrackedInteraction, Map<string, Response>>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  callback(interaction: TrackedInteraction, body: Raw, { query, key }: Asked): Promise<Response> {
    return this.#once(interaction, key, () => this.#callback(interaction, body, query));
  }

  followUp(interaction: TrackedInteraction, body: Raw, { query, key }: Asked): Promise<Response> {
    return this.#once(interaction, key, async () => {
      const plan = planContent(interaction);
      const answer =
        plan.do === 'forward'
          ? await this.#post(interaction, body, query)
          : await this.#newMessage(interaction, body, plan.ephemeral, plan.do === 'replace');
      if (answer.ok) this.#options.interactions.answered(interaction);
      return answer;
    });
  }

  message(interaction: TrackedInteraction, call: MessageCall): Promise<Response> {
    return this.#options.interactions.inTurn(interaction, async () => {
      const { method, message, body, query } = call;
      const ofOriginal = message === original;
      const plan = ofOriginal && method === 'PATCH' ? planContent(interaction) : ({ do: 'forward' } as const);
      const answer =
        plan.do === 'forward'
          ? await this.#options.send({ method, path: this.#messagePath(interaction, message), body, query })
          : await this.#newMessage(interaction, body ?? {}, plan.ephemeral, plan.do === 'replace');
      if (answer.ok && ofOriginal && method === 'PATCH') this.#options.interactions.answered(interaction);
      // There is nothing left to edit, and the member still has to be told something.
      if (answer.ok && ofOriginal && method === 'DELETE' && interaction.state !== 'answered') {
        interaction.deferral = { type: 6, ephemeral: false };
      }
      return answer;
    });
  }

  /** Operations on an interaction run one at a time, and those with the same key run once. */
  #once(interaction: TrackedInteraction, key: string | undefined, work: () => Promise<Response>): Promise<Response> {
    return this.#options.interactions.inTurn(interaction, async () => {
      if (key === undefined) return work();
      const given = this.#given.get(interaction) ?? new Map<string, Response>();
      const known = given.get(key);
      if (known) return known.clone();
      const answer = await work();
      if (!answer.ok && answer.headers.get(refusedHeader) !== outcomeUnknown) return answer;
      this.#given.set(interaction, given.set(key, answer.clone()));
      const [oldest] = given.keys();
      if (oldest !== undefined && given.size > maxRemembered) given.delete(oldest);
      return answer;
    });
  }

  async #callback(interaction: TrackedInteraction, body: Raw, query: URLSearchParams | undefined): Promise<Response> {
    if (interaction.lost) return unknownInteraction();
    const plan = planCallback(interaction, body);
    switch (plan.do) {
      case 'forward':
        return this.#forward(interaction, body, query);
      case 'refuse':
        return alreadyAcknowledged();
      case 'acknowledge':
        return this.#acknowledge(interaction, body, plan.owed, query);
      case 'edit':
      case 'replace':
      case 'follow-up': {
        const edited = plan.do === 'edit' ? await this.#edit(interaction, asEdit(plan.message)) : undefined;
        // 404: a bot that is gone has deleted it.
        const answer =
          edited && edited.status !== 404
            ? edited
            : await this.#newMessage(interaction, plan.message, isEphemeral(plan.message), plan.do === 'replace');
        if (!answer.ok) return answer;
        this.#options.interactions.answered(interaction);
        return this.#told(interaction, body, query, await answer.json());
      }
    }
  }

  async #forward(interaction: TrackedInteraction, body: Raw, query: URLSearchParams | undefined): Promise<Response> {
    const { interactions } = this.#options;
    const outcome = await sendCallback(this.#options, interaction, body, query);
    if (outcome.heard === 'not') {
      if (interaction.lost) interactions.missed(interaction);
      return outcome.answer;
    }
    if (outcome.heard === 'before') {
      if (outcome.shown) {
        interactions.answered(interaction);
        return this.#told(interaction, body, query, outcome.shown);
      }
      interactions.deferred(interaction);
      return this.#callback(interaction, body, query);
    }
    if (body['type'] === callbackType.deferredMessage) {
      // Content is owed: if this bot does not provide it, the next one may.
      interaction.state = 'acknowledged';
      interaction.deferral = { type: 5, ephemeral: isEphemeral(isRaw(body['data']) ? body['data'] : {}) };
      interactions.deferred(interaction);
    } else {
      interactions.answered(interaction);
    }
    return outcome.answer;
  }

  async #acknowledge(
    interaction: TrackedInteraction,
    body: Raw,
    owed: TrackedInteraction['owed'],
    query: URLSearchParams | undefined,
  ): Promise<Response> {
    if (body['type'] === callbackType.deferredMessage) {
      interaction.state = 'acknowledged';
      interaction.owed = owed;
    } else {
      this.#options.interactions.answered(interaction);
    }
    if (query?.get('with_response') !== 'true') return noContent();
    const seen = await this.#options.send({ method: 'GET', path: this.#messagePath(interaction, original) });
    return this.#told(interaction, body, query, seen.ok ? await seen.json() : undefined);
  }

  #edit(interaction: TrackedInteraction, body: Raw): Promise<Response> {
    return this.#options.send({ method: 'PATCH', path: this.#messagePath(interaction, original), body });
  }

  /** A message of its own, replacing `@original` if necessary; from now on it is `@original` to the bot. */
  async #newMessage(
    interaction: TrackedInteraction,
    message: Raw,
    ephemeral: boolean,
    inPlace: boolean,
  ): Promise<Response> {
    if (inPlace) {
      const gone = await this.#options.send({ method: 'DELETE', path: this.#messagePath(interaction, original) });
      if (!gone.ok && gone.status !== 404) return gone;
      // Whatever happens to the new message, there is nothing left to edit.
      interaction.deferral = { type: 6, ephemeral };
    }
    const answer = await this.#post(interaction, asFollowUp(message, ephemeral), new URLSearchParams({ wait: 'true' }));
    if (!answer.ok) return answer;
    const made: unknown = await answer.json();
    interaction.original = isRaw(made) ? text(made['id']) : undefined;
    interaction.owed = undefined;
    return json(200, made);
  }

  async #post(interaction: TrackedInteraction, body: Raw, query: URLSearchParams | undefined): Promise<Response> {
    const path = `/webhooks/${this.#options.applicationId}/${interaction.token}`;
    const answer = await this.#options.send({ method: 'POST', path, body, query });
    if (isMomentary(answer) !== 'unknown') return answer;
    return discordError(502, 0, 'Discord did not confirm whether it accepted this message.', {
      [refusedHeader]: outcomeUnknown,
    });
  }

  #messagePath(interaction: TrackedInteraction, message: string): string {
    const id = message === original ? (interaction.original ?? original) : message;
    return `/webhooks/${this.#options.applicationId}/${interaction.token}/messages/${id}`;
  }

  /** What Discord answers to a callback (Discord: Interaction Callback Response Object). */
  #told(interaction: TrackedInteraction, body: Raw, query: URLSearchParams | undefined, message: unknown): Response {
    if (query?.get('with_response') !== 'true') return noContent();
    const made = isRaw(message) ? message : undefined;
    return json(200, {
      interaction: {
        id: interaction.id,
        type: interaction.type,
        response_message_id: made?.['id'],
        response_message_loading: made === undefined,
        response_message_ephemeral: made !== undefined && isEphemeral(made),
      },
      // Only a reply and an update are returned in full (Discord: Interaction Callback Resource Object).
      ...(made && shownWhole.includes(body['type']) ? { resource: { type: body['type'], message: made } } : {}),
    });
  }
}
