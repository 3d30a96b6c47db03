/** What a text of foreign origin says; undefined where it is not JSON. Its shape is for a schema to check. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
