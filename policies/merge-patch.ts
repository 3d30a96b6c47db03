import { callerFault } from '#infra/kernel/errors.ts';

/** Far deeper than any document; a deeper patch would otherwise be followed all the way. */
const maxDepth = 32;

/**
 * RFC 7396, section 2: fields of the patch replace those of the target, objects member by member; null removes, and a
 * list is replaced as a whole. Neither argument is changed.
 * @throws BailiwickError policy.patch-too-deep (422) beyond 32 nested objects
 */
export function mergePatch(target: unknown, patch: unknown, depth = 0): unknown {
  if (!isObject(patch)) return patch;
  if (depth > maxDepth)
    throw callerFault('policy.patch-too-deep', `A patch must be at most ${maxDepth} objects deep.`, 422);
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value, depth + 1));
  }
  return Object.fromEntries(merged);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
