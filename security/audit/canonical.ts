import canonicalize from 'canonicalize';

/**
 * The object that a text contains; undefined unless it is one in canonical JSON (RFC 8785). Canonical is the output of
 * JSON.stringify (3.2.2) with keys in order (3.2.3), so text that passes this check need not be sorted.
 */
export function parseCanonical(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    // Half of a surrogate pair has no canonical form; numeric keys have an order of their own.
    const isCanonical =
      !text.includes('\\ud') && JSON.stringify(value) === text && inOrder(value) ? true : canonicalize(value) === text;
    return isCanonical ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function inOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(inOrder);
  let last: string | undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (last !== undefined && key <= last) return false;
    last = key;
    if (!inOrder(inner)) return false;
  }
  return true;
}
