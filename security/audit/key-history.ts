import { platformFault } from '#infra/kernel/errors.ts';
import { openSuccession } from './succession.ts';

/** A key that signed a log before it was replaced. */
export interface Predecessor {
  /** As vkey. */
  readonly key: string;
  /** The size of the largest tree that it may have signed. */
  readonly lastSize: number;
  /** RFC 3339. */
  readonly replacedAt: string;
}

/** The keys that the stored successions of a log, in order, replaced. @throws audit.damaged */
export const predecessorsIn = (stored: readonly { readonly note: string; readonly createdAt: Date }[]): Predecessor[] =>
  stored.map(({ note, createdAt }) => {
    const opened = openSuccession(note);
    if (!opened.ok) throw platformFault('audit.damaged', 'A succession of this audit log cannot be read.');
    const { predecessor: key, size: lastSize } = opened.value;
    return { key, lastSize, replacedAt: createdAt.toISOString() };
  });
