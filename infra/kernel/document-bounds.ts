import { callerFault, type BailiwickError } from './errors.ts';

/** The bounds of a document from outside, whatever its format. Its size in bytes is limited before it is read. */
export interface DocumentBounds {
  /** Depth of nested objects and lists. */
  readonly maxDepth: number;
  /** Objects, lists and their values, in total. */
  readonly maxValues: number;
}

export const documentBounds: DocumentBounds = { maxDepth: 32, maxValues: 5_000 };

/** Keys that affect more than their own object. */
const reservedNames: ReadonlySet<string> = new Set(['__proto__', 'constructor']);

const refused = (code: string, message: string): BailiwickError => callerFault(`document.${code}`, message, 400);

/** Counts a document while it is read, and refuses it as soon as it exceeds its bounds. */
export class BoundedDocument {
  readonly #bounds: DocumentBounds;
  #values = 0;

  constructor(bounds: DocumentBounds) {
    this.#bounds = bounds;
  }

  /** @throws BailiwickError document.too-many-values (400) */
  value(): void {
    this.#values += 1;
    const { maxValues } = this.#bounds;
    if (this.#values > maxValues) throw refused('too-many-values', `The document has more than ${maxValues} values.`);
  }

  /** @throws BailiwickError document.too-deep (400) */
  depth(depth: number): void {
    const { maxDepth } = this.#bounds;
    if (depth > maxDepth) throw refused('too-deep', `The document is nested more than ${maxDepth} levels deep.`);
  }

  /**
   * Adds a key to those of its object.
   * @throws BailiwickError document.repeated-name, document.reserved-name (400)
   */
  name(name: string, known: Set<string>): void {
    if (reservedNames.has(name)) throw refused('reserved-name', `The document must not use the key \`${name}\`.`);
    if (known.has(name))
      throw refused('repeated-name', `The document has the key ${JSON.stringify(name.slice(0, 64))} twice.`);
    known.add(name);
  }
}
