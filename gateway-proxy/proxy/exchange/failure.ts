import { displayName } from '#infra/kernel/names.ts';
import type { Denial } from './denials.ts';
import type { Exchange } from './exchange.ts';

/** Why an admitted call was not done: a stable code, and the sentence that its caller received. */
export interface Failure {
  readonly code: string;
  readonly title: string;
}

/** Our problem documents (RFC 9457) are far smaller. */
const maxProblemBytes = 4 * 1024;
const maxTitleCharacters = 300;
const codePattern = /^[a-z][a-z0-9.-]{0,127}$/;

/** Whether the reason of this call's failure matters: a person requested it, and it would have changed something. */
export const isOfPerson = ({ transaction, route, raw }: Exchange): boolean =>
  transaction !== undefined && route?.mutates(raw.method) === true;

export const failureOf = ({ code, title }: Denial): Failure => ({ code, title });

/** Reads from an upstream's response, as it passes, why the upstream did not do what was requested. */
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
