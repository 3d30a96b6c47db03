import { administer } from '../database.ts';
import { ended } from './workload.ts';

/** Its release 0.42 asks for an older commander, and leaves out what it needs itself. */
export const installEmmett =
  'npm install --no-save --legacy-peer-deps @event-driven-io/{emmett,emmett-postgresql}@0.42.0 ' +
  '@event-driven-io/pongo@0.16.11 @event-driven-io/dumbo@0.12.7 ansis ajv cli-table3 async-retry uuid pg-connection-string';

/** What is used of it (`@event-driven-io/emmett-postgresql`). */
interface Emmett {
  getPostgreSQLEventStore(url: string): {
    appendToStream(stream: string, events: readonly unknown[]): Promise<unknown>;
    close(): Promise<void>;
  };
}
type Append = (to: { readonly tenant: string; readonly stream: string }, count: number) => Promise<unknown>;

/** In a database of its own in the same server. Undefined if it is not installed: nothing but this bench uses it. */
export async function openEmmett(adminUrl: string, stack: AsyncDisposableStack): Promise<Append | undefined> {
  const packageName = '@event-driven-io/emmett-postgresql';
  const module = await import(packageName).then(
    (loaded: Emmett) => loaded,
    () => undefined,
  );
  if (!module) return undefined;
  await administer(adminUrl, (admin) => admin.query('create database emmett'));
  const url = new URL(adminUrl);
  url.pathname = '/emmett';
  const store = module.getPostgreSQLEventStore(url.href);
  stack.defer(() => store.close());
  const events = (count: number) => Array.from({ length: count }, () => ({ type: ended.type, data: ended.data }));
  return async ({ tenant, stream }, count) => {
    const name = `${tenant}:${stream.replace('/', '_')}`;
    // It refuses an append that meets another one in its stream, which ours waits for.
    for (let attempt = 1; ; attempt += 1)
      try {
        return await store.appendToStream(name, events(count));
      } catch (error) {
        if (attempt === 10) throw error;
      }
  };
}
