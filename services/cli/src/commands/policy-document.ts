import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';
import { guildPolicySchema, type GuildPolicy } from '#policies/guild-policy.ts';
import { readText } from '../input-file.ts';
import { parsePolicyYaml } from '#policies/policy-yaml.ts';

const maxBytes = 256 * 1024;

/**
 * A document in a file; YAML, of which JSON is a part.
 * @throws cli.file, cli.file-too-large, and as parsePolicyYaml, each naming the file
 */
export async function readDocument(file: string): Promise<unknown> {
  const text = await readText(file);
  if (text.length > maxBytes) throw callerFault('cli.file-too-large', `${file} is larger than ${maxBytes} bytes.`);
  try {
    return parsePolicyYaml(text);
  } catch (error) {
    if (!(error instanceof BailiwickError)) throw error;
    throw callerFault(
      error.code,
      `${file}: ${error.message} Correct the file and run the command again.`,
      error.status,
    );
  }
}

/** What the API answers of one version of a guild's policy. */
export const versionSchema = z.object({
  version: z.number(),
  author: z.string(),
  createdAt: z.string().nullable(),
  policy: guildPolicySchema,
});

/** What the API says of a valid policy beside it. */
export const warnedSchema = z.object({
  warnings: z.array(z.object({ pointer: z.string(), detail: z.string() })),
  note: z.string().nullable(),
});
export const savedSchema = versionSchema.extend(warnedSchema.shape);

/** What the API answers of a dry-run: a cell for each command. */
export const cellsSchema = z.object({
  version: z.number().nullable(),
  cells: z.array(
    z.object({
      command: z.string(),
      allowed: z.boolean(),
      rule: z.string().optional(),
      message: z.string(),
      obligations: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
  ...warnedSchema.shape,
});

/** One thing that two documents differ in; `before` or `after` is left out where there is nothing. */
export interface Difference {
  /** JSON pointer, with a rule by its id: `/rules/djs/commands`. */
  readonly at: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What changes from one document to another: rules by their id, since their place decides nothing. */
export function differences(before: GuildPolicy, after: GuildPolicy): readonly Difference[] {
  return compare('', named(before), named(after));
}

const named = ({ rules, ...settings }: GuildPolicy): Record<string, unknown> => ({
  rules: Object.fromEntries(rules.map(({ id, ...rule }) => [id, rule])),
  ...settings,
});

function compare(at: string, before: unknown, after: unknown): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) {
    return [{ at, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
  }
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => compare(`${at}/${name}`, before[name], after[name]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
