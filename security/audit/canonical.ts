import canonicalize from 'canonicalize';

/**
 * The object that a text holds; undefined unless it is one, and in canonical JSON (RFC 8785). Canonical is what
 * JSON.stringify writes (3.2.2) with keys in order (3.2.3): whoever finds it so need not sort it.
 */
export function parseCanonical(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    // Half of a surrogate pair has no canonical form; keys that are numbers stand in an order of their own.
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
