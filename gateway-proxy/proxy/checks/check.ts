import type { DenialCode } from '#infra/http/denial-codes.ts';
import { denial, type Denial, type DenialDetails } from '../exchange/denials.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Found } from '../exchange/facts.ts';

/** A check that passed, with every fact that it promises to find. */
export type Pass<Finds extends keyof Found = never> = { readonly passed: true; readonly found?: Found } & ([
  Finds,
] extends [never]
  ? unknown
  : { readonly found: Found & Required<Pick<Found, Finds>> });

export interface Refusal {
  readonly passed: false;
  readonly denial: Denial;
}

export type CheckVerdict<Finds extends keyof Found = never> = Pass<Finds> | Refusal;

const nothingFound: Pass = { passed: true };

export const pass = {
  ...nothingFound,
  with: <Facts extends Found>(found: Facts) => ({ passed: true, found }) as const,
};

export const deny = (code: DenialCode, details?: DenialDetails): Refusal => ({
  passed: false,
  denial: denial(code, details),
});

/**
 * One step of the pipeline: takes an exchange of which the earlier steps have found enough, and what it needs from the
 * ports; returns a verdict, and does not throw for a denial.
 */
export interface Check<Ports, Stage extends Exchange = Exchange, Finds extends keyof Found = never> {
  readonly name: string;
  readonly run: (exchange: Stage, ports: Ports) => CheckVerdict<Finds> | Promise<CheckVerdict<Finds>>;
}

export const check = <Ports, Stage extends Exchange = Exchange, Finds extends keyof Found = never>(
  name: string,
  run: Check<Ports, Stage, Finds>['run'],
): Check<Ports, Stage, Finds> => ({ name, run });

/**
 * Checks in the order in which they run. It compiles only if each needs no more than those before it have found, and
 * `Stage` is what is known of an exchange that passed them all.
 */
export class Checks<Ports, Stage extends Exchange> {
  readonly #all: readonly Check<Ports, never>[];

  private constructor(all: readonly Check<Ports, never>[]) {
    this.#all = all;
  }

  static none<Ports>(): Checks<Ports, Exchange> {
    return new Checks([]);
  }

  followedBy<Finds extends keyof Found = never>(
    next: Check<Ports, Stage, Finds>,
  ): Checks<Ports, Stage & Required<Pick<Found, Finds>>> {
    return new Checks([...this.#all, next]);
  }

  /**
   * The first refusal, or the exchange with everything that was found. It waits only where a check does: most requests
   * pass all of them within one turn of the event loop.
   */
  async run(exchange: Exchange, ports: Ports): Promise<Stage | Denial> {
    for (const each of this.#all) {
      const outcome = each.run(exchange as never, ports);
      const verdict = outcome instanceof Promise ? await outcome : outcome;
      if (!verdict.passed) return verdict.denial;
      if (verdict.found) exchange.add(verdict.found);
    }
    return exchange as Stage;
  }
}
