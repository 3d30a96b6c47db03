import { z } from 'zod';

/** Faults of the voice endpoint that can be injected; omitted ones stay as they are. */
export const voiceFaultSchema = z.strictObject({
  /** Only this bot; by default every bot of the guild. */
  user: z
    .string()
    .regex(/^\d{1,20}$/)
    .optional(),
  /** Heartbeats are received but not acknowledged. */
  dropHeartbeatAcks: z.boolean().optional(),
  /** UDP packets are dropped, including discovery. */
  dropPackets: z.boolean().optional(),
  /** Identify and Resume are refused with this close code; null ends it. */
  refuseWith: z.int().min(4000).max(4999).nullable().optional(),
});
type VoiceFault = Omit<z.output<typeof voiceFaultSchema>, 'user'>;

const everyBot = '*';
const none: VoiceFault = {};

/** The active faults, by guild and bot. A fresh endpoint has none. */
export class VoiceFaults {
  readonly #faults = new Map<string, VoiceFault>();

  inject(guildId: string, { user, ...fault }: z.output<typeof voiceFaultSchema>): void {
    const seat = `${guildId}/${user ?? everyBot}`;
    const given = Object.fromEntries(Object.entries(fault).filter(([, value]) => value !== undefined));
    this.#faults.set(seat, { ...this.#faults.get(seat), ...given });
  }

  clear(guildId: string): void {
    for (const seat of this.#faults.keys()) if (seat.startsWith(`${guildId}/`)) this.#faults.delete(seat);
  }

  of(guildId: string, userId: string): VoiceFault {
    if (this.#faults.size === 0) return none;
    return { ...this.#faults.get(`${guildId}/${everyBot}`), ...this.#faults.get(`${guildId}/${userId}`) };
  }
}
