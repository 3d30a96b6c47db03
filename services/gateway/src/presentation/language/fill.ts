import type { Why } from '#services/contracts/why.ts';
import { trackFaults } from '#services/contracts/why.ts';
import { duration, plain } from '../views/text.ts';
import { en, type Words } from './en.ts';

type Params = Readonly<Record<string, string | number>>;

/**
 * A text with its values: `{name}` is replaced by the parameter of this name. One that ends in `Sec` is a length of time,
 * one that ends in `Ms` a position in a track. Undefined if a value is missing, or there is none to say.
 */
export function fill(words: Words, text: string, params: Params = {}): string | undefined {
  let complete = true;
  const filled = text.replaceAll(/\{(\w+)\}/g, (_placeholder, name: string) => {
    const value = params[name];
    complete &&= value !== undefined;
    return value === undefined ? '' : shown(words, name, value);
  });
  return complete ? filled : undefined;
}

function shown(words: Words, name: string, value: string | number): string {
  if (typeof value === 'string') return name === 'fault' ? faultIn(words, value) : plain(value, 150, nothing);
  if (name.endsWith('Ms')) return duration(value);
  return name.endsWith('Sec') ? words.amounts.length(value) : words.amounts.number(value);
}

/** Only what the platform itself says can be said in another language; a music server's own words stay as they are. */
function faultIn(words: Words, text: string): string {
  const known = Object.entries(trackFaults).find(([, fault]) => fault === text)?.[0];
  return known === undefined ? plain(text, 150, nothing) : words.trackFaults[known as keyof typeof trackFaults];
}

/** Why the player is in its state: by its code, or, of an earlier release, in English. */
export function reasonIn(
  words: Words,
  { reason, why }: { readonly reason: string | null; readonly why: Why | null },
): string {
  const said = why ? fill(words, words.whys[why.code], why.params) : undefined;
  return said ?? plain(reason ?? '', longestReason, nothing);
}

/** For a text without anything visible. */
const nothing = '…';
/** The maximum length of a reason from the audio service, in characters. */
const longestReason = 500;

/** A refusal by its code; undefined for one that only whoever refused can explain. */
export function refusalIn(words: Words, code: string, params?: Params): string | undefined {
  if (!Object.hasOwn(en.refusals, code)) return undefined;
  return fill(words, words.refusals[code as keyof Words['refusals']], params);
}
