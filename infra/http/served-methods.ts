import router from 'find-my-way';
import type { HttpApp } from './http-app.ts';

/**
 * Records the methods of each address of an app, including OPTIONS, so that an unsupported method can be distinguished
 * from an unknown address (RFC 9110, 15.5.5 and 15.5.6). Must run before the routes are added.
 */
export function followServedMethods(app: HttpApp): (path: string) => readonly string[] {
  const addresses = router();
  const served = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    // A wildcard address serves what no other does, and declares no methods for them.
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
