/** Names that are easy to type on any keyboard. */
const plain = /^[a-z0-9]+(?:[ ._-][a-z0-9]+)*$/i;
const longest = 24;

/** What a user types to confirm an action: the name, or a short word if the name is long or hard to type. */
export const typeableFor = (name: string, otherwise: string): string =>
  name.length <= longest && plain.test(name) ? name : otherwise;
