import type { DenialCode, Refuser } from '#infra/http/denial-codes.ts';
import { momentaryRefusal } from '#infra/http/refusals.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { DeniedBy } from '#policies/request.ts';
import type { Words } from './language/en.ts';
import { refusalIn } from './language/fill.ts';

/** The message for a member about a fault; `expected` faults are the member's to resolve and are not logged. */
export interface Explanation {
  readonly sentence: string;
  readonly expected: boolean;
}

/** Refusals by gateway-proxy that are about the member, and the services' own. */
const deniedPrefixes: readonly string[] = [
  ...(['authorize.', 'on-behalf-of.', 'tenancy.', 'limit.'] satisfies `${Refuser}.`[]),
  'player.',
  'library.',
  'policy.',
  'voice.',
  'request-channel.',
];

/**
 * The one place where errors become messages for members. `command`: its name as the member knows it. `reference`: what a member who reports
 * a fault can name, so that it is found in the log.
 */
export function explainError(
  error: unknown,
  words: Words,
  { command, reference }: { readonly command: string; readonly reference: string },
): Explanation {
  const unexpected = (said: string): Explanation => ({
    sentence: `${said} ${words.reference(reference)}`,
    expected: false,
  });
  if (error instanceof BailiwickError) {
    const { code, params } = error;
    const isDenial = code === ('authorize.denied' satisfies DenialCode);
    const known = isDenial ? denialIn(words, command, params) : refusalIn(words, code, params);
    if (known !== undefined) return { sentence: known, expected: true };
    const told = error.message.trim() !== '';
    if (told && deniedPrefixes.some((prefix) => error.code.startsWith(prefix)))
      return { sentence: error.message, expected: true };
    if (momentaryRefusal(error.status, error.code) === 'unknown') return unexpected(words.maybeDone);
  }
  return unexpected(words.failed);
}

/** By the server's policy, which says whether it reserves the command for DJs (policies/request.ts). */
function denialIn(words: Words, command: string, params: BailiwickError['params'] = {}): string | undefined {
  if (params['by'] === ('djs' satisfies DeniedBy)) return words.onlyDjs(command);
  if (params['by'] === ('managers' satisfies DeniedBy)) return words.onlyManagers(command);
  return params['by'] === ('rules' satisfies DeniedBy) ? words.notByRules(command) : undefined;
}
