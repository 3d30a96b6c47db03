import { stringify } from 'yaml';
import { callerFault } from '#infra/kernel/errors.ts';
import { parseBoundedYaml, YamlFault } from '#infra/kernel/bounded-yaml.ts';
import { parseYamlApart } from '#infra/kernel/yaml-thread.ts';
import type { GuildPolicy } from './guild-policy.ts';

/**
 * Parses a policy that people wrote as YAML; in a process that serves others, use `readPolicyYaml`.
 * @throws BailiwickError policy.yaml (400) with the line, document.* (400) beyond its bounds
 */
export function parsePolicyYaml(text: string): unknown {
  try {
    return parseBoundedYaml(text);
  } catch (error) {
    throw refusalFor(error);
  }
}

/** The same, in a separate thread. @throws as parseYamlApart, with policy.yaml (400) for invalid YAML */
export async function readPolicyYaml(text: string): Promise<unknown> {
  try {
    return await parseYamlApart(text);
  } catch (error) {
    throw refusalFor(error);
  }
}

function refusalFor(error: unknown): unknown {
  if (!(error instanceof YamlFault)) return error;
  const [why = ''] = error.message.split('\n', 1);
  return callerFault('policy.yaml', `This YAML cannot be accepted: ${why.slice(0, 200)}.`, 400);
}

/** A policy in the form that people write. */
export const policyYaml = (policy: GuildPolicy): string => stringify(policy, { aliasDuplicateObjects: false });
