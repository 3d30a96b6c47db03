import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Action } from '#security/identity/actions.ts';
import { commandParameters, type CommandName } from './commands.ts';

/** The parameters of a call: the members of its body and its query. */
export type CallParameters = Readonly<Record<string, Entered>>;
/** What a member enters: the value of an option, or what they picked from a menu. */
export type Entered = string | number | boolean | readonly string[];

/** By action: the parameters that a call must have to match what the member entered. */
export type CallDigests = Readonly<Partial<Record<Action, string>>>;

/** SHA-256, in base64url, over canonical JSON (RFC 8785). */
export function callDigest(parameters: CallParameters): string {
  const wellFormed = Object.entries(parameters).map(([name, value]) => [name.toWellFormed(), wellFormedOf(value)]);
  return createHash('sha256')
    .update(canonicalize(Object.fromEntries(wellFormed)) ?? '')
    .digest('base64url');
}

function wellFormedOf(value: Entered): Entered {
  if (typeof value === 'string') return value.toWellFormed();
  return typeof value === 'object' ? value.map((each) => each.toWellFormed()) : value;
}

/** The digest of a call without parameters. */
export const emptyCall = callDigest({});

/** The parameters of a command's calls, from the options that the member entered. */
export function callDigestsOf(command: CommandName, options: ReadonlyMap<string, Entered>): CallDigests {
  const actions: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> =
    commandParameters[command];
  const digests = Object.entries(actions).map(([action, mapping]) => {
    const parameters = Object.entries(mapping).flatMap(([parameter, named]) => {
      const value = [named]
        .flat()
        .map((option) => options.get(option))
        .find((each) => each !== undefined);
      return value === undefined ? [] : [[parameter, value] as const];
    });
    return [action, callDigest(Object.fromEntries(parameters))];
  });
  return Object.fromEntries(digests) as CallDigests;
}
