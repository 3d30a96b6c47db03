import router from 'find-my-way';
import type { HttpApp } from './http-app.ts';

/**
 * Remembers which methods each address of an app is served with, OPTIONS among them, so that a method that is not can be
 * told from an address that is not (RFC 9110, 15.5.5 and 15.5.6). Before the routes are added.
 */
export function followServedMethods(app: HttpApp): (path: string) => readonly string[] {
  const addresses = router();
  const served = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    // An address that stands for all others serves what nobody else does, and promises nothing for them.
    if (url.includes('*')) return;
    let methods = served.get(url);
    if (!methods) {
      methods = new Set();
      served.set(url, methods);
      addresses.on('GET', url, () => undefined, methods);
    }
    for (const each of [method].flat()) methods.add(each);
  });
  return (path) => {
    const methods = addresses.find('GET', path)?.store as Set<string> | undefined;
    return methods ? [...methods].toSorted().concat('OPTIONS') : [];
  };
}
