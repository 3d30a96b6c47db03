import { Composer, isAlias, isCollection, isNode, isScalar, isSeq, Lexer, LineCounter, Parser, type CST } from 'yaml';
import { BoundedDocument, documentBounds, type DocumentBounds } from './document-bounds.ts';

/** A value takes about four lexemes: its indent, its key, a colon, itself. */
const lexemesPerValue = 5;

/**
 * Parses a document that people wrote as YAML 1.2, which includes JSON. Plain data only: anchors, aliases, tags
 * beyond the core schema's and duplicate keys are refused. The lexer's output is counted before a tree is made from it, and keys are compared with a
 * set: the library's own comparison of all pairs takes seconds for some thousands of keys.
 * @throws YamlFault for invalid YAML, and as BoundedDocument
 */
export function parseBoundedYaml(text: string, bounds: DocumentBounds = documentBounds): unknown {
  const lines = new LineCounter();
  const tokens = tokensOf(text, lines, bounds);
  const [document, another] = new Composer({ uniqueKeys: false, resolveKnownTags: false }).compose(
    tokens,
    true,
    text.length,
  );
  const [fault] = document ? [...document.errors, ...document.warnings] : [];
  if (fault) throw new YamlFault(`${fault.message}${locationOf(fault.pos[0], lines)}`);
  if (another) throw new YamlFault('it has several documents');
  return document?.contents ? new Reading(lines, bounds).valueOf(document.contents) : null;
}

/** The document is not acceptable YAML; the message says why and where. */
export class YamlFault extends Error {
  override readonly name = 'YamlFault';
}

function locationOf(offset: number, lines: LineCounter): string {
  const { line, col } = lines.linePos(offset);
  return ` at line ${line}, column ${col}`;
}

function tokensOf(text: string, lines: LineCounter, bounds: DocumentBounds): CST.Token[] {
  const lexemes = new BoundedDocument({ ...bounds, maxValues: bounds.maxValues * lexemesPerValue });
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    lexemes.value();
    tokens.push(...parser.next(lexeme));
    // The parser's stack also contains the document itself and the current scalar.
    lexemes.depth(parser.stack.length - 2);
  }
  tokens.push(...parser.end());
  return tokens;
}

class Reading {
  readonly #lines: LineCounter;
  readonly #bounded: BoundedDocument;

  constructor(lines: LineCounter, bounds: DocumentBounds) {
    this.#lines = lines;
    this.#bounded = new BoundedDocument(bounds);
  }

  valueOf(node: unknown, depth = 1): unknown {
    this.#bounded.value();
    this.#assertNotShared(node);
    if (isScalar(node)) return node.value;
    if (!isCollection(node)) return null;
    this.#bounded.depth(depth);
    if (isSeq(node)) return node.items.map((item) => this.valueOf(item, depth + 1));
    const names = new Set<string>();
    const members = node.items.map(({ key, value }) => {
      const name = this.#nameOf(key);
      this.#bounded.name(name, names);
      return [name, this.valueOf(value, depth + 1)] as const;
    });
    return Object.fromEntries(members);
  }

  #nameOf(key: unknown): string {
    this.#assertNotShared(key);
    if (isScalar(key)) return String(key.value);
    throw new YamlFault('a key must be text');
  }

  #assertNotShared(node: unknown): void {
    if (!isAlias(node) && (!isNode(node) || node.anchor === undefined)) return;
    throw new YamlFault(`anchors and aliases are not allowed${locationOf(node.range?.[0] ?? 0, this.#lines)}`);
  }
}
