import { callerFault } from './errors.ts';
import { BoundedDocument, documentBounds, type DocumentBounds } from './document-bounds.ts';

/**
 * Parses JSON from outside. One pass over the text enforces its bounds, in time proportional to its length, before
 * anything is built. A key that appears twice in one object is refused (RFC 8259, 4: parsers disagree on it).
 * @throws BailiwickError http.malformed (400) for invalid JSON, and as BoundedDocument
 */
export function parseBoundedJson(text: string, bounds: DocumentBounds = documentBounds): unknown {
  assertBounded(text, bounds);
  try {
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}

const notJson = () => callerFault('http.malformed', 'The request body is not valid JSON.', 400);

function assertBounded(text: string, bounds: DocumentBounds): void {
  const document = new BoundedDocument(bounds);
  /** The keys so far of each open object; a list has none. */
  const open: (Set<string> | undefined)[] = [];
  let nameComes = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '{':
      case '[':
        document.value();
        open.push(text[at] === '{' ? new Set() : undefined);
        document.depth(open.length);
        nameComes = text[at] === '{';
        break;
      case '}':
      case ']':
        open.pop();
        nameComes = false;
        break;
      case ',':
        document.value();
        nameComes = open.at(-1) !== undefined;
        break;
      case ':':
        nameComes = false;
        break;
      case '"': {
        const end = endOfString(text, at);
        const names = nameComes ? open.at(-1) : undefined;
        if (names) document.name(stringOf(text.slice(at, end + 1)), names);
        at = end;
        break;
      }
      default:
    }
  }
}

/** The position of the quote that ends the string which starts here. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  throw notJson();
}

function stringOf(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw notJson();
  }
}
