import type { PlayerPort } from '../../application/player-port.ts';

/** What changes nothing for a member. */
const harmless: ReadonlySet<keyof PlayerPort> = new Set(['read', 'search', 'rememberMessage', 'follow'] as const);

/** A player whose changing operations wait for `heard`; if that fails, nothing is changed. */
export function onceHeard(player: PlayerPort, heard: () => Promise<void>): PlayerPort {
  return new Proxy(player, {
    get(target, name: string) {
      const call = Reflect.get(target, name) as (...given: unknown[]) => unknown;
      if (harmless.has(name as keyof PlayerPort)) return call.bind(target);
      return async (...given: unknown[]) => {
        await heard();
        return call.apply(target, given);
      };
    },
  });
}
