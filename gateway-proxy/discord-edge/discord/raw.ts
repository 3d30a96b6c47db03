/** A JSON object from Discord, of which only some fields are read. */
export type Raw = Record<string, unknown>;

export const isRaw = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field that must be a string, such as an id. */
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The objects in a field that should be a list of them. */
export const rawList = (value: unknown): Raw[] => (Array.isArray(value) ? value.filter(isRaw) : []);

/** Keeps the named fields of an object, if present. */
export function pick(from: Raw, fields: readonly string[]): Raw {
  const picked: Raw = {};
  for (const field of fields) if (from[field] !== undefined) picked[field] = from[field];
  return picked;
}
