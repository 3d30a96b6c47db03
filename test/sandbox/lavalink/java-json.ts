/** Java's Long.MAX_VALUE, which lavaplayer takes for an unknown length, as near as a double comes. */
export const longMaxValue = 2 ** 63;

/** JSON as Lavalink writes it: with all digits of a Long that a double rounds up. */
export const javaJson = (value: unknown): string =>
  JSON.stringify(value).replaceAll(':9223372036854776000', ':9223372036854775807');
