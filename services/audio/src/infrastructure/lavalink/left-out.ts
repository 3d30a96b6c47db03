import type { LavalinkNode } from 'lavalink-client';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { GuildKey } from '../../application/ports.ts';
import { categoriesPath, unlessAway } from './node-calls.ts';

/** Which segments of tracks players leave out, as nodes with the plugin for it were told. */
export class LeftOut {
  /** By guild, the path of the player that leaves something out, to be told when it no longer shall. */
  readonly #paths = new Map<string, string>();
  readonly #logger: Logger;
  /** Whether a node has the plugin. */
  readonly canBeTold: (node: string) => boolean;

  constructor(canBeTold: (node: string) => boolean, logger: Logger) {
    this.canBeTold = canBeTold;
    this.#logger = logger;
  }

  async tell(node: LavalinkNode, guildKey: GuildKey, categories: readonly string[]): Promise<void> {
    const path = categoriesPath(node, guildKey);
    await unlessAway(
      node.rawRequest(path, (options) => {
        options.method = categories.length === 0 ? 'DELETE' : 'PUT';
        if (categories.length > 0) options.body = JSON.stringify(categories);
      }),
    );
    if (categories.length === 0) this.#paths.delete(keyOf(guildKey));
    else this.#paths.set(keyOf(guildKey), path);
  }

  /** Before a track, since its segments are looked up when it starts. The music matters more than what is left out. */
  async begin(node: LavalinkNode, guildKey: GuildKey, categories: readonly string[]): Promise<void> {
    if (!this.canBeTold(node.id)) return;
    if (categories.length === 0 && this.#paths.get(keyOf(guildKey)) !== categoriesPath(node, guildKey)) return;
    try {
      await this.tell(node, guildKey, categories);
    } catch (error) {
      this.#logger.info({ err: error, ...guildKey }, 'the node was not told what to leave out');
    }
  }

  forget(guildKey: GuildKey): void {
    this.#paths.delete(keyOf(guildKey));
  }

  forgetAll(tenant: TenantId): void {
    for (const key of this.#paths.keys()) if (key.startsWith(`${tenant}/`)) this.#paths.delete(key);
  }
}

const keyOf = ({ tenant, guild }: GuildKey): string => `${tenant}/${guild}`;
