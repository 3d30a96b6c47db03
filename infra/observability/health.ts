/** healthy: serves; degraded: serves, but something is missing; unhealthy: does not serve. From best to worst. */
export const healthStatuses = ['healthy', 'degraded', 'unhealthy'] as const;
export type HealthStatus = (typeof healthStatuses)[number];

export interface HealthCause {
  readonly name: string;
  readonly status: HealthStatus;
  /** What is wrong and what to do, in words for an operator; no secret. */
  readonly detail?: string;
  /** What it is in, if it distinguishes more states than these three; for programs. */
  readonly state?: string;
  /** When that state began (RFC 3339). */
  readonly since?: string;
}

export interface HealthReport {
  readonly status: HealthStatus;
  readonly causes: readonly HealthCause[];
  /** Further facts, such as the confinement layers in force. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export type HealthCheck = () => Promise<Omit<HealthCause, 'name'>> | Omit<HealthCause, 'name'>;

const checkTimeoutMs = 2_000;
const rank: Record<HealthStatus, number> = { healthy: 0, degraded: 1, unhealthy: 2 };

/** A process's knowledge of its own health: named checks, run on request. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();
  readonly #facts: Record<string, unknown> = {};
  #ready = false;

  add(name: string, check: HealthCheck): void {
    this.#checks.set(name, check);
  }

  fact(name: string, value: unknown): void {
    this.#facts[name] = value;
  }

  /** Set once start-up is complete, and unset when stopping: the status of /ready. */
  set ready(ready: boolean) {
    this.#ready = ready;
  }

  get ready(): boolean {
    return this.#ready;
  }

  /** A check that throws or takes over two seconds counts as unhealthy. */
  async report(): Promise<HealthReport> {
    const causes = await Promise.all([...this.#checks].map(([name, check]) => runCheck(name, check)));
    const status = causes.reduce<HealthStatus>(
      (worst, cause) => (rank[cause.status] > rank[worst] ? cause.status : worst),
      'healthy',
    );
    return { status, causes, facts: { ...this.#facts } };
  }
}

async function runCheck(name: string, check: HealthCheck): Promise<HealthCause> {
  let cancel: NodeJS.Timeout | undefined;
  const timeout = new Promise<Omit<HealthCause, 'name'>>((resolve) => {
    cancel = setTimeout(
      () => resolve({ status: 'unhealthy', detail: 'the check did not answer in time' }),
      checkTimeoutMs,
    );
  });
  try {
    return { name, ...(await Promise.race([Promise.resolve().then(check), timeout])) };
  } catch (error) {
    return { name, status: 'unhealthy', detail: error instanceof Error ? error.message : 'the check failed' };
  } finally {
    clearTimeout(cancel);
  }
}
