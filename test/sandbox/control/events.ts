import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { WorldEvent } from '../world/types.ts';
import type { World } from '../world/world.ts';

/** A change that a page may have to redraw for. */
export type PageEvent = { type: string } & Record<string, unknown>;

/** What a page learns of a change: what and where. Never a token, and never the text of an ephemeral message. */
function pageEvent(world: World, event: WorldEvent): PageEvent {
  if (event.type === 'voice.server' || event.type === 'voice.connection') {
    const { type, guildId, botUserId } = event;
    return { type, guildId, userId: botUserId };
  }
  if ('stored' in event) {
    const { guildId, ephemeralFor, message } = event.stored;
    return { type: event.type, guildId, channelId: message.channel_id, messageId: message.id, ephemeralFor };
  }
  if ('interactionId' in event) {
    const record = world.interactions.get(event.interactionId);
    return {
      type: event.type,
      interactionId: event.interactionId,
      guildId: record?.guildId,
      channelId: record?.channelId,
      userId: record?.userId,
      state: record?.state,
    };
  }
  return { ...event };
}

/** Sends events to every listening page (server-sent events). */
export class EventStream implements Disposable {
  readonly #pages = new Set<ServerResponse>();
  readonly #stop: () => void;

  constructor(world: World) {
    this.#stop = world.listen((event) => this.publish(pageEvent(world, event)));
  }

  mount(app: FastifyInstance): void {
    app.get('/sandbox/events', (_request, reply) => {
      reply.hijack();
      const page = reply.raw;
      page.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      page.write(': listening\n\n');
      this.#pages.add(page);
      page.on('close', () => this.#pages.delete(page));
    });
  }

  publish(event: PageEvent): void {
    for (const page of this.#pages) page.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  [Symbol.dispose](): void {
    this.#stop();
    for (const page of this.#pages) page.end();
  }
}
