import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { GuildKey } from './ports.ts';

/** One timer per guild, for what happens to a player by itself; starting one that runs changes nothing. */
export class Timers {
  readonly #running = new Map<string, () => void>();
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #due: (guildKey: GuildKey) => Promise<void>;

  /** `due` must not reject. */
  constructor(clock: Clock, delayMs: number, due: (guildKey: GuildKey) => Promise<void>) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#due = due;
  }

  /** After `delayMs`, if it differs from that of the others. False if one runs already. */
  start(guildKey: GuildKey, delayMs = this.#delayMs): boolean {
    const key = keyOf(guildKey);
    if (this.#running.has(key)) return false;
    const cancel = this.#clock.after(delayMs, () => {
      this.#running.delete(key);
      void this.#due(guildKey);
    });
    this.#running.set(key, cancel);
    return true;
  }

  isRunning(guildKey: GuildKey): boolean {
    return this.#running.has(keyOf(guildKey));
  }

  cancel(guildKey: GuildKey): void {
    const key = keyOf(guildKey);
    this.#running.get(key)?.();
    this.#running.delete(key);
  }

  /** Cancels those of one tenant. */
  cancelOf(tenant: TenantId): void {
    for (const [key, cancel] of this.#running) {
      if (!key.startsWith(`${tenant}/`)) continue;
      cancel();
      this.#running.delete(key);
    }
  }

  /** Cancels everything. */
  close(): void {
    for (const cancel of this.#running.values()) cancel();
    this.#running.clear();
  }
}

const keyOf = (guildKey: GuildKey) => `${guildKey.tenant}/${guildKey.guild}`;
