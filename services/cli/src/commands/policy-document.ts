import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';
import { maxDocumentBytes } from '#policies/document-limit.ts';
import { guildPolicySchema, type GuildPolicy } from '#policies/guild-policy.ts';
import { readText } from '../input-file.ts';
import { parsePolicyYaml } from '#policies/policy-yaml.ts';

/**
 * Reads a document from a file, in YAML (of which JSON is a subset).
 * @throws cli.file, cli.file-too-large, and as parsePolicyYaml, each naming the file
 */
export async function readDocument(file: string): Promise<unknown> {
  const text = await readText(file);
  if (Buffer.byteLength(text) > maxDocumentBytes)
    throw callerFault(
      'cli.file-too-large',
      `${file} is larger than any policy: at most ${maxDocumentBytes / 1024} KiB.`,
    );
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

/** The API's answer for one version of a guild's policy. */
export const versionSchema = z.object({
  version: z.number(),
  author: z.string(),
  createdAt: z.string().nullable(),
  policy: guildPolicySchema,
});

/** The warnings that the API gives with a valid policy. */
export const warnedSchema = z.object({
  warnings: z.array(z.object({ pointer: z.string(), detail: z.string() })),
  note: z.string().nullable(),
});
export const savedSchema = versionSchema.extend(warnedSchema.shape);

/** The API's answer to a dry run: one cell per command. */
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

/** One difference between two documents; `before` is absent for an addition, `after` for a removal. */
export interface Difference {
  /** JSON pointer; rules are identified by their id: `/rules/djs/commands`. */
  readonly at: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What changes from one document to another. Rules are matched by id, since their order has no effect. */
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
