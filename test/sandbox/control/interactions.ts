import { Locale } from 'discord-api-types/v10';
import { z } from 'zod';
import { invalid, notFound } from '../world/errors.ts';
import type { InteractionRecord } from '../world/interactions.ts';
import { chooseFromSelect, pressButton, submitModal, useCommand } from '../world/acting/person.ts';
import type { Seat } from '../world/acting/person.ts';
import type { World } from '../world/world.ts';
import type { ControlRoutes } from './call.ts';
import { uploadSchema } from './upload-schema.ts';
import { interactionView } from './views.ts';

const id = z.string().regex(/^\d{1,20}$/);
const options = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), uploadSchema]));
const base = { user: id, applicationId: id.optional(), locale: z.enum(Locale).optional() };

const doing = z.discriminatedUnion('kind', [
  z.object({
    ...base,
    kind: z.literal('command'),
    command: z.string(),
    options: options.optional(),
    targetId: id.optional(),
  }),
  z.object({
    ...base,
    kind: z.literal('autocomplete'),
    command: z.string(),
    options: options.optional(),
    focused: z.string(),
  }),
  z.object({ ...base, kind: z.literal('button'), messageId: id, customId: z.string() }),
  z.object({ ...base, kind: z.literal('select'), messageId: id, customId: z.string(), values: z.array(z.string()) }),
  z.object({
    ...base,
    kind: z.literal('modal'),
    customId: z.string(),
    fields: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
    interactionId: id.optional(),
  }),
]);

function act(world: World, seat: Seat, done: z.output<typeof doing>): InteractionRecord {
  switch (done.kind) {
    case 'command':
    case 'autocomplete':
      return useCommand(world, seat, done);
    case 'button':
      return pressButton(world, seat, done);
    case 'select':
      return chooseFromSelect(world, seat, done);
    case 'modal':
      return submitModal(world, seat, done);
  }
}

const longestWaitMs = 60_000;

/** Waits until an interaction has reached the given state or is over. Uses real time, so that a caller never hangs. */
export async function interactionOutcome(
  world: World,
  interactionId: string,
  wanted: 'answered' | 'acknowledged',
  waitMs: number,
): Promise<InteractionRecord> {
  const record = world.interactions.get(interactionId);
  if (!record) throw notFound('interaction');
  const enough = wanted === 'answered' ? ['answered', 'failed'] : ['acknowledged', 'answered', 'failed'];
  const done = Promise.withResolvers<void>();
  const stop = world.listen((event) => {
    if (event.type === 'interaction.changed' && enough.includes(record.state)) done.resolve();
  });
  const timer = setTimeout(done.resolve, Math.min(waitMs, longestWaitMs));
  if (enough.includes(record.state)) done.resolve();
  await done.promise;
  clearTimeout(timer);
  stop();
  return record;
}

/** Using bots, and reading the outcome. */
export function mountInteractions(control: ControlRoutes, world: World): void {
  control.route('POST', '/sandbox/guilds/:guild/channels/:channel/interactions', ({ params, body }) => {
    const done = doing.parse(body);
    const seat = {
      guildId: params['guild'] ?? '',
      channelId: params['channel'] ?? '',
      userId: done.user,
      locale: done.locale,
    };
    return { interactionId: act(world, seat, done).id };
  });
  control.route('GET', '/sandbox/interactions/:id', async ({ params, query }) => {
    const wanted = query.get('for') ?? 'answered';
    if (wanted !== 'answered' && wanted !== 'acknowledged') throw invalid('invalid', 'for=answered or acknowledged');
    const waitMs = Number(query.get('waitMs') ?? 0);
    if (!Number.isFinite(waitMs) || waitMs < 0) throw invalid('invalid', 'waitMs is a number of milliseconds.');
    return interactionView(world, await interactionOutcome(world, params['id'] ?? '', wanted, waitMs));
  });
}
