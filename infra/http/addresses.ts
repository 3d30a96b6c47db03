import type { ConnectionOptions } from 'node:tls';
import { buildConnector } from 'undici';

/** Where the processes of a workload listen that do the same: https origins. */
export interface Addresses {
  readonly url: string;
  /** Of its replicas; none if it runs once. */
  readonly alternatives?: readonly string[] | undefined;
}

/** With another address to try, silence is not waited for as long. */
const patienceMs = { another: 1_000, last: 5_000 };
/** An address at which nobody could be reached is the last choice for so long. */
const avoidedForMs = 2_000;

/** Whose turn it is: each address in its turn, those that could not be reached recently after the others. */
export class Turns<Address> {
  readonly #addresses: readonly Address[];
  readonly #avoidedUntilMs = new Map<Address, number>();
  #next = 0;

  constructor(addresses: readonly Address[]) {
    this.#addresses = addresses;
  }

  /** All of them, in the order in which to try them. */
  take(): readonly Address[] {
    const first = this.#next;
    this.#next = (first + 1) % this.#addresses.length;
    const inTurn = [...this.#addresses.slice(first), ...this.#addresses.slice(0, first)];
    const nowMs = performance.now();
    const isAvoided = (address: Address) => (this.#avoidedUntilMs.get(address) ?? 0) > nowMs;
    return [...inTurn.filter((each) => !isAvoided(each)), ...inTurn.filter(isAvoided)];
  }

  failed(address: Address): void {
    this.#avoidedUntilMs.set(address, performance.now() + avoidedForMs);
  }

  reached(address: Address): void {
    this.#avoidedUntilMs.delete(address);
  }
}

/**
 * Connects to one of several addresses, each in its turn, and tries the others if it cannot be reached. Only connecting is
 * repeated, so no request is ever sent twice. An attempt takes at most a second, the last one five.
 */
export function connectorTo(
  { url, alternatives = [] }: Addresses,
  tls: ConnectionOptions,
): ReturnType<typeof buildConnector> {
  const connector = (timeout: number) => buildConnector({ ...tls, timeout, maxCachedSessions: 0 });
  const last = connector(patienceMs.last);
  if (alternatives.length === 0) return last;
  const another = connector(patienceMs.another);
  const turns = new Turns([url, ...alternatives].map(targetOf));
  return (options, callback) => {
    const targets = turns.take();
    const attempt = (index: number): void => {
      const target = targets[index];
      if (!target) return;
      const isLast = index === targets.length - 1;
      (isLast ? last : another)({ ...options, ...target }, (...[error, socket]) => {
        if (error === null) {
          turns.reached(target);
          callback(null, socket);
          return;
        }
        turns.failed(target);
        if (isLast) callback(error, null);
        else attempt(index + 1);
      });
    };
    attempt(0);
  };
}

/** Host and port of an https address. */
export function hostAndPort(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
}

function targetOf(url: string): { hostname: string; host: string; port: string } {
  const { host, port } = hostAndPort(url);
  return { hostname: host, host: new URL(url).host, port: String(port) };
}
