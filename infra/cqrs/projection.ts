import type { Transaction } from '#infra/database/pool.ts';
import type { RecordedEvent } from '#infra/event-store/event-store.ts';

/** How a read model follows from events. */
export interface Projection {
  /** Never changes: its checkpoints are stored under it. */
  readonly name: string;
  /**
   * From 1. To be increased whenever the same events lead to other rows than before: the read model is then built anew,
   * beside the one that is read.
   */
  readonly version: number;
  /** Of the events that it needs. */
  readonly types: readonly string[];
  /** Where its rows are. A column `generation` says to which of those that are read and built each belongs. */
  readonly table: string;
  /**
   * Changes the rows of a generation for events in their order, in the transaction in which the checkpoint is stored. What
   * it does must follow from the events alone, and from what they left in rows of this generation.
   */
  readonly apply: (generation: number) => (transaction: Transaction, events: readonly RecordedEvent[]) => Promise<void>;
}
