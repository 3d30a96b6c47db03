import { newTenantId, snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { EventCodec } from '#infra/event-store/event-types.ts';
import { sessionEventSchemas } from '#services/contracts/timeline.ts';
import type { Envelope } from '#security/keyring/envelope.ts';

export const tenants: readonly TenantId[] = Array.from({ length: 100 }, newTenantId);
export const streamsPerTenant = 200;
export const streams = tenants.length * streamsPerTenant;
export const guild = snowflake('100000000000000001');

const track = { entryId: 'ent_1', title: 'Harbour Lights', author: 'The Quays', uri: null, artworkUrl: null };
const whole = { ...track, lengthMs: 1_000, isStream: false, source: 'http', requestedBy: guild };
/** What is appended most: its track is sealed, its ending is not. */
export const ended = { type: 'TrackEnded', data: { track: whole, ending: 'finished' } } as const;

export const codecFor = (envelope: Envelope) =>
  new EventCodec(
    { TrackEnded: { schema: sessionEventSchemas.TrackEnded, personal: ['track'] } },
    { keeper: 'audio', envelope },
  );

export function someStream(): { tenant: TenantId; stream: string } {
  const number = Math.floor(Math.random() * streams);
  const tenant = tenants[number % tenants.length] ?? newTenantId();
  return { tenant, stream: `music-session/${1 + Math.floor(number / tenants.length)}` };
}

/** So many at once, each as soon as the one before it has ended. @returns how many a second */
export async function rateOf(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const begunMs = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < count; index = next++) await work(index);
    }),
  );
  return count / ((performance.now() - begunMs) / 1_000);
}
