import { parseDocument, stringify } from 'yaml';
import { callerFault, type BailiwickError } from '#infra/kernel/errors.ts';
import type { GuildPolicy } from './guild-policy.ts';

/** Aliases let a small document unfold into a huge one. */
const maxAliasCount = 20;

/**
 * Reads a document that people wrote as YAML 1.2, of which JSON is a part. Plain data only: a tag that names a type of
 * its own, a name that comes twice, or what is not quite YAML is refused.
 * @throws BailiwickError policy.yaml (400) with the line
 */
export function parsePolicyYaml(text: string): unknown {
  try {
    const document = parseDocument(text, { prettyErrors: true });
    const [fault] = [...document.errors, ...document.warnings];
    if (fault) throw fault;
    return document.toJS({ maxAliasCount }) as unknown;
  } catch (error) {
    throw notYaml(error);
  }
}

function notYaml(error: unknown): BailiwickError {
  const [why = ''] = (error instanceof Error ? error.message : 'it cannot be read').split('\n', 1);
  return callerFault('policy.yaml', `This is not YAML that can be taken: ${why.slice(0, 200).replace(/:$/, '')}.`, 400);
}

/** A policy as people write it down. */
export const policyYaml = (policy: GuildPolicy): string => stringify(policy);
