/** A JSON object of Discord's, of which only some fields are looked at. */
export type Raw = Record<string, unknown>;

export const isRaw = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A field that must be a string to be of use, such as an id. */
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The objects in a field that should be a list of them. */
export const rawList = (value: unknown): Raw[] => (Array.isArray(value) ? value.filter(isRaw) : []);

/** Keeps the named fields of an object, when they are there. */
export function pick(from: Raw, fields: readonly string[]): Raw {
  const picked: Raw = {};
  for (const field of fields) if (from[field] !== undefined) picked[field] = from[field];
  return picked;
}
