import { z } from 'zod';
import type { KeysAway } from '../custodian-state.ts';

/** An answer of Vault that refuses the request. */
export class VaultRefusal extends Error {
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** No answer, or one that says nothing about the request: away, sealed, overloaded, or not signed in. */
export class VaultUnavailable extends Error {
  readonly state: KeysAway;

  constructor(message: string, state: KeysAway, cause?: unknown) {
    super(message, { cause });
    this.state = state;
  }
}

/** In which state Vault is if a call ended like this. */
export function stateAfter(error: unknown): KeysAway {
  if (error instanceof VaultUnavailable) return error.state;
  return error instanceof VaultRefusal ? 'refuses' : 'no-answer';
}

const answerSchema = z.object({
  response: z.object({
    statusCode: z.number(),
    body: z.object({ errors: z.array(z.string()).optional() }).catch({}),
  }),
});
const maxMessage = 300;

/** Vault lists errors as `1 error occurred:` with a bullet on a line of its own. */
const inOneLine = (errors: readonly string[]): string =>
  errors
    .join('; ')
    .replaceAll(/\d+ errors? occurred:/g, '')
    .replaceAll(/[\s*]+/g, ' ')
    .trim()
    .slice(0, maxMessage);

/** Some versions answer a sign-in with an expired secret id with 500. 412 and 429 ask for another attempt. */
const isRefusal = (status: number, message: string): boolean =>
  (status >= 400 && status < 500 && status !== 412 && status !== 429) ||
  /invalid (?:role or )?secret id/i.test(message);

/** Throws what a failed request of node-vault means. */
export function refusalOrUnavailable(error: unknown): never {
  const answer = answerSchema.safeParse(error);
  if (!answer.success) throw new VaultUnavailable('it does not answer', 'no-answer', error);
  const { statusCode, body } = answer.data.response;
  const message = inOneLine(body.errors ?? []);
  if (/\bis sealed\b/i.test(message)) throw new VaultUnavailable('it is sealed: unseal it', 'sealed');
  if (isRefusal(statusCode, message)) throw new VaultRefusal(statusCode, message);
  throw new VaultUnavailable(`it answered ${statusCode}${message && `: ${message}`}`, 'no-answer');
}
