import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Transactions } from '../application/bot-ports.ts';

const maxTransactions = 2_000;
/** The lifetime of an interaction's token (discord-api-docs, interactions/receiving-and-responding). */
const interactionLifeMs = 15 * 60_000;

export interface HeldTransactions extends Transactions {
  keep(interactionId: string, transaction: string): void;
  hasEnded(interactionId: string): boolean;
}

/** Stores each interaction's transaction token, since discord.js has no place for it. */
export function holdTransactions(clock: Clock): HeldTransactions {
  const held = new BoundedMap<string, string>(maxTransactions);
  const ended = new BoundedMap<string, true>(maxTransactions);
  return {
    keep: (interactionId, transaction) => held.set(interactionId, transaction, clock.now() + interactionLifeMs),
    transactionOf: (interactionId) => held.get(interactionId, clock.now()),
    ended: (interactionId) => ended.set(interactionId, true, clock.now() + interactionLifeMs),
    hasEnded: (interactionId) => ended.get(interactionId, clock.now()) === true,
  };
}
