import type { DenialCode } from '#infra/http/denial-codes.ts';
import { denial, type Denial, type DenialDetails } from '../exchange/denials.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Found, Pass } from '../exchange/facts.ts';

export type CheckVerdict = Pass | { readonly passed: false; readonly denial: Denial };

const nothingFound: Pass = { passed: true };

export const pass: Pass & { with(found: Found): Pass } = {
  ...nothingFound,
  with: (found) => ({ passed: true, found }),
};

export const deny = (code: DenialCode, details?: DenialDetails): CheckVerdict => ({
  passed: false,
  denial: denial(code, details),
});

/** One step of the pipeline: takes what it needs from the ports, returns a verdict, and does not throw for a denial. */
export interface Check<Ports> {
  readonly name: string;
  readonly run: (exchange: Exchange, ports: Ports) => CheckVerdict | Promise<CheckVerdict>;
}

export const check = <Ports>(name: string, run: Check<Ports>['run']): Check<Ports> => ({ name, run });
