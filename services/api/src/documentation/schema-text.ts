/** The parts of JSON Schema that the API's description uses. */
export interface SchemaShape {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaShape[];
  readonly oneOf?: readonly SchemaShape[];
  readonly allOf?: readonly SchemaShape[];
  readonly items?: SchemaShape;
  readonly properties?: Readonly<Record<string, SchemaShape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaShape;
  readonly format?: string;
  readonly description?: string;
}

const step = '  ';

/** A schema written like a type: `{ name: string; size?: integer }`, over as many lines as it takes. */
export function schemaText(schema: SchemaShape, indent = ''): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1) ?? '';
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map((option) => schemaText(option, indent)))].join(' | ');
  if (schema.allOf) return schema.allOf.map((part) => schemaText(part, indent)).join(' & ');
  const types = [schema.type ?? []].flat();
  if (types.length === 0) return schema.properties ? objectText(schema, indent) : 'any';
  return types.map((type) => typeText(type, schema, indent)).join(' | ');
}

function typeText(type: string, schema: SchemaShape, indent: string): string {
  if (type === 'object') return objectText(schema, indent);
  if (type === 'array') {
    const item = schemaText(schema.items ?? {}, indent);
    return item.includes(' | ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
  }
  return type === 'string' && schema.format !== undefined ? `string (${schema.format})` : type;
}

function objectText({ properties = {}, required = [], additionalProperties }: SchemaShape, indent: string): string {
  const inner = indent + step;
  const lines = Object.entries(properties).map(([name, property]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return `${inner}${key}${required.includes(name) ? '' : '?'}: ${schemaText(property, inner)}`;
  });
  if (typeof additionalProperties === 'object')
    lines.push(`${inner}[name: string]: ${schemaText(additionalProperties, inner)}`);
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
}
