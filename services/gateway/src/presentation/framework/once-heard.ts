import type { LibraryPort } from '../../application/library-port.ts';
import type { PlayerPort } from '../../application/player-port.ts';
import type { PolicyPort } from '../../application/policy-port.ts';

/** What changes nothing for a member. */
const harmless: ReadonlySet<string> = new Set([
  'read',
  'slice',
  'queuedBy',
  'help',
  'search',
  'readSettings',
  'rememberMessage',
  'follow',
  'part',
  'playlists',
  'export',
  'show',
] as const satisfies (keyof PlayerPort | keyof LibraryPort | keyof PolicyPort)[]);

/** A port whose changing operations wait for `heard`; if that fails, nothing is changed. */
export function onceHeard<Port extends PlayerPort | LibraryPort | PolicyPort>(
  port: Port,
  heard: () => Promise<void>,
): Port {
  return new Proxy(port, {
    get(target, name: string) {
      const call = Reflect.get(target, name) as (...given: unknown[]) => unknown;
      if (harmless.has(name)) return call.bind(target);
      return async (...given: unknown[]) => {
        await heard();
        return call.apply(target, given);
      };
    },
  });
}
