/** In the order of the items; undefined for the items of a batch that failed. */
export type Batched<Answer> = readonly (Answer | undefined)[];

export interface BatchLimits<Item> {
  readonly maxItems: number;
  readonly maxAtOnce: number;
  /** Only items of one group are in a batch. */
  readonly groupOf: (item: Item) => string;
}

/** Asks for many items, a batch at a time. Rejects with the first error if every batch fails. */
export async function inBatches<Item, Answer>(
  items: readonly Item[],
  { maxItems, maxAtOnce, groupOf }: BatchLimits<Item>,
  ask: (batch: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<Batched<Answer>> {
  const answers: (Answer | undefined)[] = items.map(() => undefined);
  const failures: unknown[] = [];
  const groups = Map.groupBy(items.entries(), ([, item]) => groupOf(item)).values();
  const batches = [...groups].flatMap((group) => piecesOf(group, maxItems));
  const askAll = async (some: typeof batches) =>
    Promise.all(
      some.map(async (batch) => {
        try {
          const answered = await ask(batch.map(([, item]) => item));
          for (const [at, [index]] of batch.entries()) answers[index] = answered[at];
        } catch (error) {
          failures.push(error);
        }
      }),
    );
  for (const some of piecesOf(batches, maxAtOnce)) await askAll(some);
  if (batches.length > 0 && failures.length === batches.length) throw failures[0];
  return answers;
}

const piecesOf = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
