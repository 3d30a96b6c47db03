/** Names that anybody can type on any keyboard in a moment. */
const plain = /^[a-z0-9]+(?:[ ._-][a-z0-9]+)*$/i;
const longest = 24;

/** What somebody types to confirm that they mean this: its name, or a short word where the name is long or not plain. */
export const typeableFor = (name: string, otherwise: string): string =>
  name.length <= longest && plain.test(name) ? name : otherwise;
