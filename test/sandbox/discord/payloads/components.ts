import type { APIMessageTopLevelComponent } from 'discord-api-types/v10';

type Part = Record<string, unknown>;

/** All components including nested ones, outermost first. */
export function flatten(components: unknown): Part[] {
  if (!Array.isArray(components)) return [];
  return components.flatMap((component: Part) => [
    component,
    ...flatten(component['components']),
    ...flatten(component['accessory'] ? [component['accessory']] : []),
    ...flatten(component['component'] ? [component['component']] : []),
  ]);
}

/** Components as Discord returns them: each with a numeric id, and without empty fields. */
export function componentsResponse(components: unknown): APIMessageTopLevelComponent[] {
  const used = new Set(flatten(components).map((component) => component['id']));
  let next = 0;
  const number = (): number => {
    do next += 1;
    while (used.has(next));
    return next;
  };
  return answer(components, number) as APIMessageTopLevelComponent[];
}

function answer(value: unknown, number: () => number): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => answer(item, number));
  if (typeof value !== 'object' || value === null) return value;
  const part = value as Part;
  // A component has a numeric type; option lists, emoji and media do not.
  const numbered = typeof part['type'] === 'number' ? { type: part['type'], id: part['id'] || number() } : {};
  const rest = Object.entries(part)
    .filter(([key, inner]) => inner !== null && inner !== undefined && !(key in numbered))
    .map(([key, inner]) => [key, key === 'media' || key === 'file' ? mediaResponse(inner) : answer(inner, number)]);
  return { ...numbered, ...defaults(part), ...Object.fromEntries(rest) };
}

/** Discord's defaults for omitted fields. */
function defaults(part: Part): Part {
  switch (part['type']) {
    case 3:
    case 5:
    case 6:
    case 7:
    case 8:
      return { min_values: 1, max_values: 1, disabled: false };
    case 11:
    case 13:
      return { spoiler: false };
    case 14:
      return { divider: true, spacing: 1 };
    case 17:
      return { accent_color: null, spoiler: false };
    default:
      return {};
  }
}

function mediaResponse(value: unknown): unknown {
  const { url } = value as { url: string };
  return { url, proxy_url: url, width: 0, height: 0, content_type: 'application/octet-stream' };
}
