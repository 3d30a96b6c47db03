import { administer } from '../database.ts';
import { ended } from './workload.ts';

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
  const name = '@event-driven-io/emmett-postgresql';
  const module = await import(name).then(
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
  return ({ tenant, stream }, count) => store.appendToStream(`${tenant}:${stream.replace('/', '_')}`, events(count));
}
