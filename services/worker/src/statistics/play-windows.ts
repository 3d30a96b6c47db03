import type { Transaction } from '#infra/database/pool.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { ConsumerOptions } from '#infra/streaming/carrier.ts';
import type { StreamedEvent } from '#infra/streaming/streamed-event.ts';
import { addToWindows } from '#infra/streaming/window-store.ts';
import { stretch, type Addition } from '#infra/streaming/windows.ts';
import { heardByHour, playsByMinute } from '#services/contracts/play-windows.ts';
import { heardUntil } from './heard.ts';
import { endedSchema, startsOf } from './play-statistics.ts';

/** Clocks of machines differ by less. */
const aheadMs = 60_000;

/** Counts what is played and how it ends by the minute, and for how long by the hour, in windows by event time. */
export const playWindows = ({ now }: Pick<Clock, 'now'>): ConsumerOptions & { readonly name: 'play-windows' } => ({
  name: 'play-windows',
  types: ['TrackStarted', 'TrackEnded'],
  async handle(transaction, events) {
    const notAfterMs = now() + aheadMs;
    await addToWindows(transaction, playsByMinute, await plays(transaction, events), notAfterMs);
    await addToWindows(transaction, heardByHour, await heard(transaction, events), notAfterMs);
  },
});

const isEnd = ({ type }: StreamedEvent): boolean => type === 'TrackEnded';

class Additions extends Map<TenantId, Addition[]> {
  add(tenant: TenantId, additions: readonly Addition[]): void {
    this.set(tenant, [...(this.get(tenant) ?? []), ...additions]);
  }
}

async function plays(transaction: Transaction, events: readonly StreamedEvent[]): Promise<Additions> {
  const additions = new Additions();
  const started = new Set((await startsOf(transaction, events)).map(({ event }) => event.id));
  for (const { id, tenant, type, atMs, facts } of events)
    if (type === 'TrackEnded') additions.add(tenant, [{ atMs, key: endedSchema.parse(facts).ending, value: 1 }]);
    else if (started.has(id)) additions.add(tenant, [{ atMs, key: 'played', value: 1 }]);
  return additions;
}

async function heard(transaction: Transaction, events: readonly StreamedEvent[]): Promise<Additions> {
  const additions = new Additions();
  for (const { tenant, fromMs, toMs } of await heardUntil(transaction, events.filter(isEnd)))
    additions.add(tenant, stretch(fromMs, toMs, 'heard', heardByHour.everyMs));
  return additions;
}
