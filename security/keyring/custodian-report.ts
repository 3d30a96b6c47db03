import type { ProcessHealth } from '#infra/observability/operations.ts';
import { custodianStates, type CustodianState } from './custodian-state.ts';
import { custodianCause } from './custodian-watch.ts';

/** What a process that keeps keys can do with them, as its operations listener reports it. */
export interface ReportedCustodian {
  readonly process: string;
  readonly state: CustodianState;
  /** When the state began (RFC 3339). */
  readonly since: string;
  /** Why, and what to do. */
  readonly message?: string;
}

/** Of these processes, those that keep keys and answered. */
export function custodiansOf(processes: readonly Pick<ProcessHealth, 'name' | 'causes'>[]): ReportedCustodian[] {
  return processes.flatMap(({ name, causes }) =>
    causes.flatMap(({ name: cause, state: told, since, message }) => {
      const state = custodianStates.find((each) => each === told);
      if (cause !== custodianCause || state === undefined || since === undefined) return [];
      return [{ process: name, state, since, ...(message === undefined ? {} : { message }) }];
    }),
  );
}
