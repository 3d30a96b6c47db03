import { z } from 'zod';

const restFault = z.strictObject({
  /** `*`, or the beginning of "METHOD /route/with/:parameters". */
  route: z.string().min(1),
  /** How many requests it applies to. */
  times: z.int().positive().default(1),
});

/** Faults that can be injected. Each request adds to the active ones. */
const faultSchema = z.strictObject({
  rest429: restFault
    .extend({
      retryAfterSec: z.number().positive().default(1),
      scope: z.enum(['user', 'global', 'shared']).default('user'),
    })
    .optional(),
  rest5xx: restFault.extend({ status: z.int().min(500).max(599).default(503) }).optional(),
  /** Every REST response is delayed by this much. */
  restDelayMs: z.int().nonnegative().optional(),
  /** Heartbeats are received but not acknowledged. */
  dropHeartbeatAcks: z.boolean().optional(),
  /** Ask the application's sessions to reconnect and resume. */
  op7: z.string().optional(),
  /** Declare the application's sessions invalid, not resumable. */
  op9: z.string().optional(),
  /** Close the application's connections with this code; 1006 cuts them without a close frame. */
  close: z.strictObject({ applicationId: z.string(), code: z.int() }).optional(),
  /** Discord is unreachable: connections are cut and refused until it is set to false. */
  away: z.boolean().optional(),
  /** Interactions of this application are never delivered. */
  loseInteractions: z.string().optional(),
});

/** The input of `inject`: one or more faults. */
export type FaultRequest = z.input<typeof faultSchema>;
type Fault = z.output<typeof faultSchema>;
type RestFault = { route: string; times: number };

/** The gateway's part: faults that take effect immediately. */
export interface GatewayFaults {
  reconnect(applicationId: string): void;
  invalidate(applicationId: string): void;
  close(applicationId: string, code: number): void;
  cutAll(): void;
}

/** The active faults. A fresh sandbox has none. */
export class Faults {
  #rest429: (NonNullable<Fault['rest429']> & RestFault)[] = [];
  #rest5xx: (NonNullable<Fault['rest5xx']> & RestFault)[] = [];
  readonly #lost = new Set<string>();
  #gateway: GatewayFaults | undefined;
  restDelayMs = 0;
  dropHeartbeatAcks = false;
  away = false;

  connectGateway(gateway: GatewayFaults): void {
    this.#gateway = gateway;
  }

  /** Throws a ZodError for unknown faults. */
  inject(request: FaultRequest): void {
    const fault = faultSchema.parse(request);
    if (fault.rest429) this.#rest429.push({ ...fault.rest429 });
    if (fault.rest5xx) this.#rest5xx.push({ ...fault.rest5xx });
    this.restDelayMs = fault.restDelayMs ?? this.restDelayMs;
    this.dropHeartbeatAcks = fault.dropHeartbeatAcks ?? this.dropHeartbeatAcks;
    this.away = fault.away ?? this.away;
    if (fault.away) this.#gateway?.cutAll();
    if (fault.loseInteractions) this.#lost.add(fault.loseInteractions);
    if (fault.op7) this.#gateway?.reconnect(fault.op7);
    if (fault.op9) this.#gateway?.invalidate(fault.op9);
    if (fault.close) this.#gateway?.close(fault.close.applicationId, fault.close.code);
  }

  clear(): void {
    this.#rest429 = [];
    this.#rest5xx = [];
    this.#lost.clear();
    this.restDelayMs = 0;
    this.dropHeartbeatAcks = false;
    this.away = false;
  }

  losesInteractionsOf(applicationId: string): boolean {
    return this.#lost.has(applicationId);
  }

  /** The 429 for this request, if any; each call uses one up. */
  take429(route: string): Fault['rest429'] {
    return take(this.#rest429, route);
  }

  /** The 5xx for this request, if any; each call uses one up. */
  take5xx(route: string): Fault['rest5xx'] {
    return take(this.#rest5xx, route);
  }
}

function take<F extends RestFault>(faults: F[], route: string): F | undefined {
  const fault = faults.find((candidate) => candidate.route === '*' || route.startsWith(candidate.route));
  if (!fault) return undefined;
  fault.times -= 1;
  if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1);
  return fault;
}
