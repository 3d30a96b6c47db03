import { languageOf } from '#infra/kernel/languages.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import type { Answers } from './interactions/answers.ts';
import { ephemeralFlag } from './discord/ephemeral.ts';
import { callbackType, type TrackedInteraction } from './interactions/interaction.ts';
import { sentenceFor, sentenceIn, type Sentence } from './interactions/sentences.ts';
import type { Interactions } from './interactions/interactions.ts';
import type { Controls } from './rest/controls.ts';
import type { DiscordRest } from './rest/discord-rest.ts';
import type { Raw } from './discord/raw.ts';
import { interactionType } from './witness/witness.ts';

export interface FarewellPorts {
  readonly applicationId: string;
  readonly rest: Pick<DiscordRest, 'call'>;
  readonly interactions: Interactions;
  readonly answers: Answers;
  readonly controls: Controls;
  /** The locale of the server that a channel belongs to, if it is known. */
  readonly localeIn: (channel: string) => unknown;
  readonly clock: Clock;
}

/** What members read: that their bot is suspended, or removed. */
export type Farewell = Extract<Sentence, 'suspended' | 'deleted'>;

/** What could not be done in time. */
export interface LeftBehind {
  readonly commands: boolean;
  readonly answers: number;
  readonly messages: number;
}

/** In words, for the log; undefined if nothing is left. */
export function describeLeft({ commands, answers, messages }: LeftBehind): string | undefined {
  const what = [
    ...(commands ? ['its commands'] : []),
    ...(answers > 0 ? [`${answers} unanswered interaction(s)`] : []),
    ...(messages > 0 ? [`${messages} message(s) with buttons`] : []),
  ];
  return what.length > 0 ? `Not removed from Discord: ${what.join(', ')}.` : undefined;
}

interface Task {
  readonly kind: 'commands' | 'answer' | 'message';
  readonly run: (signal: AbortSignal) => Promise<Response>;
}

/** Discord: Component Reference, Text Display. */
const textDisplay = 10;
const withinMs = 5_000;
const atOnce = 8;
const retryAfterMs = 500;

/** The last answer to an interaction of any kind. */
export function lastAnswer(interaction: Pick<TrackedInteraction, 'type' | 'payload'>, farewell: Farewell): Raw {
  if (interaction.type === interactionType.autocomplete) return { type: callbackType.choices, data: { choices: [] } };
  return {
    type: callbackType.message,
    data: { content: sentenceFor(interaction, farewell, 'member'), flags: ephemeralFlag },
  };
}

/**
 * Takes a bot's leave at Discord before its session ends: answers open interactions, removes its commands, and removes
 * the buttons from its messages. Ends after five seconds at the latest, and returns what is left by then.
 */
export async function takeLeave(ports: FarewellPorts, farewell: Farewell): Promise<LeftBehind> {
  const over = new AbortController();
  const left = tasksOf(ports, farewell);
  const waiting = [...left];
  const work = async () => {
    for (let task = waiting.shift(); task && !over.signal.aborted; task = waiting.shift()) {
      if (await carryOut(task, over.signal, ports.clock)) left.delete(task);
    }
  };
  const ended = new Promise<void>((resolve) => {
    over.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const cancel = ports.clock.after(withinMs, () => over.abort());
  await Promise.race([Promise.all(Array.from({ length: atOnce }, work)), ended]);
  cancel();
  over.abort();
  const count = (kind: Task['kind']) => [...left].filter((task) => task.kind === kind).length;
  return { commands: count('commands') > 0, answers: count('answer'), messages: count('message') };
}

function tasksOf(ports: FarewellPorts, farewell: Farewell): Set<Task> {
  const { applicationId, rest, interactions, answers, controls, localeIn } = ports;
  interactions.takeOver();
  return new Set<Task>([
    {
      kind: 'commands',
      run: (signal) =>
        rest.call({
          method: 'PUT',
          path: `/applications/${applicationId}/commands`,
          body: [],
          authorized: true,
          signal,
        }),
    },
    ...interactions.unanswered().map((interaction): Task => ({
      kind: 'answer',
      run: () => answers.callback(interaction, lastAnswer(interaction, farewell), { key: 'farewell' }),
    })),
    ...controls.messages().map(({ id, channel, layout }): Task => ({
      kind: 'message',
      run: async (signal) => {
        const path = `/channels/${channel}/messages/${id}`;
        const content = sentenceIn(languageOf(localeIn(channel)) ?? 'en', farewell);
        const body = layout
          ? { components: [{ type: textDisplay, content }] }
          : { content, embeds: [], components: [] };
        const answer = await rest.call({ method: 'PATCH', path, body, authorized: true, signal });
        if (answer.ok || answer.status === 404) controls.gone(id);
        return answer;
      },
    })),
  ]);
}

/** Retries until Discord has decided or time is up; true if nothing is left to do. */
async function carryOut({ kind, run }: Task, signal: AbortSignal, clock: Clock): Promise<boolean> {
  while (!signal.aborted) {
    const answer = await run(signal).catch(() => undefined);
    if (answer?.ok) return true;
    // A message or interaction that is gone needs no cleanup; a refusal will not change.
    if (answer && answer.status < 500 && answer.status !== 429) return kind !== 'commands' && answer.status !== 403;
    const waitMs = Number(answer?.headers.get('x-ratelimit-reset-after') ?? 0) * 1_000 || retryAfterMs;
    await pause(Math.min(waitMs, withinMs), clock, signal);
  }
  return false;
}
