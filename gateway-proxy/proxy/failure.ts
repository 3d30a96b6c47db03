import { displayName } from '#infra/kernel/names.ts';
import type { Denial } from './denials.ts';
import type { Exchange } from './exchange.ts';

/** Why an admitted call was not done: a stable code, and the sentence that its caller was told. */
export interface Failure {
  readonly code: string;
  readonly title: string;
}

/** A problem (RFC 9457) of ours is far smaller. */
const maxProblemBytes = 4 * 1024;
const maxTitleCharacters = 300;
const codePattern = /^[a-z][a-z0-9.-]{0,127}$/;

/** Whether it is worth knowing why this call failed: a person asked for it, and it would have changed something. */
export const isOfPerson = ({ transaction, route, raw }: Exchange): boolean =>
  transaction !== undefined && route?.mutates(raw.method) === true;

export const failureOf = ({ code, title }: Denial): Failure => ({ code, title });

/** Reads why an upstream did not do what was asked, from its answer as it passes. */
export class FailureReader {
  readonly #status: number;
  #said = '';

  constructor(status: number) {
    this.#status = status;
  }

  take(chunk: Buffer): void {
    if (this.#said.length < maxProblemBytes) this.#said += chunk.toString('latin1');
  }

  read(): Failure {
    const { code, title } = this.#problem();
    return {
      code: typeof code === 'string' && codePattern.test(code) ? code : `http.${this.#status}`,
      title: typeof title === 'string' ? displayName(title, { maxCharacters: maxTitleCharacters }) : '',
    };
  }

  #problem(): { readonly code?: unknown; readonly title?: unknown } {
    try {
      const said: unknown = JSON.parse(Buffer.from(this.#said, 'latin1').toString('utf8'));
      return typeof said === 'object' && said !== null ? said : {};
    } catch {
      return {};
    }
  }
}
