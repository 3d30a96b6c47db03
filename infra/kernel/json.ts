/** Parses text of foreign origin; undefined if it is not JSON. A schema has to check its shape. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
