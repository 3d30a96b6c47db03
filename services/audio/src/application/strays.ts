import type { TenantId } from '#infra/kernel/ids.ts';
import type { GuildKey } from './ports.ts';

/**
 * Players that nodes still have although their music has moved to another: they have to end, and until then what they
 * report is of no concern. Above all that their voice connection was closed, which is because of the new one.
 */
export class Strays {
  readonly #nodes = new Map<string, Set<string>>();

  add(guildKey: GuildKey, node: string): void {
    const key = keyOf(guildKey);
    const known = this.#nodes.get(key) ?? new Set();
    this.#nodes.set(key, known.add(node));
  }

  has(guildKey: GuildKey, node: string): boolean {
    return this.#nodes.get(keyOf(guildKey))?.has(node) ?? false;
  }

  /** The nodes that have one of this guild. */
  of(guildKey: GuildKey): readonly string[] {
    return [...(this.#nodes.get(keyOf(guildKey)) ?? [])];
  }

  delete(guildKey: GuildKey, node: string): void {
    const key = keyOf(guildKey);
    const known = this.#nodes.get(key);
    known?.delete(node);
    if (known?.size === 0) this.#nodes.delete(key);
  }

  leave(tenant: TenantId): void {
    for (const key of this.#nodes.keys()) if (key.startsWith(`${tenant}/`)) this.#nodes.delete(key);
  }
}

const keyOf = ({ tenant, guild }: GuildKey) => `${tenant}/${guild}`;
