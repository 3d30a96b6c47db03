import type { DenialCode } from '#infra/http/denial-codes.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { CheckId } from './checks.ts';
import { withCheck, type Check, type OnboardingDocument } from './document.ts';
import type { OnboardingStore, StoredOnboarding } from './onboarding-store.ts';

/** A check failed; the run ends with it. */
export class CheckFailed extends Error {
  readonly id: CheckId;
  readonly check: Omit<Check, 'state'>;

  constructor(id: CheckId, check: Omit<Check, 'state'> & { readonly code: string }) {
    super(check.code);
    this.name = 'CheckFailed';
    this.id = id;
    this.check = check;
  }
}

/** Somebody else continues this onboarding, or the process is stopping: nothing more is done or reported here. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * The check that a fault belongs to, with its reason and how to fix it: the first sentence of a message is the reason,
 * the rest the fix.
 */
export function failed(id: CheckId, error: unknown): CheckFailed {
  if (error instanceof CheckFailed) return error;
  if (!(error instanceof BailiwickError)) {
    const detail = 'An unexpected error occurred on the platform.';
    return new CheckFailed(id, {
      code: 'onboarding.fault',
      detail,
      fix: 'Try again. If it keeps failing, contact the operator.',
    });
  }
  if (error.code === ('authorize.denied' satisfies DenialCode)) {
    const detail = 'The sound check runs with your permissions, and your role in this tenant does not allow it.';
    return new CheckFailed(id, { code: error.code, detail, fix: 'Ask an owner or admin of the tenant to run it.' });
  }
  const [, detail = error.message, fix = 'Try again in a moment.'] = /^(.*?[.:]) ([A-Z].*)$/s.exec(error.message) ?? [];
  return new CheckFailed(id, { code: error.code, detail, fix });
}

/** One pass over an onboarding's open checks. Findings are stored before they are reported. */
export class Run {
  readonly tenant: TenantId;
  readonly #store: OnboardingStore;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #stored: StoredOnboarding;
  #writing: number;

  constructor(tenant: TenantId, stored: StoredOnboarding, ports: { store: OnboardingStore; clock: Clock }) {
    this.tenant = tenant;
    this.#stored = stored;
    this.#writing = stored.version;
    this.#store = ports.store;
    this.#clock = ports.clock;
  }

  get document(): OnboardingDocument {
    return this.#stored.document;
  }

  /** Whether a stored version is somebody else's: beyond what this run has stored or is about to. */
  isOvertakenBy(version: number): boolean {
    return version > this.#writing;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  abort(): void {
    this.#abort.abort();
  }

  set(id: CheckId, check: Check): Promise<void> {
    return this.change((document) => withCheck(document, id, check));
  }

  pass(id: CheckId, more: Pick<Check, 'detail' | 'data'> = {}): Promise<void> {
    return this.set(id, { state: 'passed', ...more });
  }

  /** @throws Superseded if somebody else has changed it */
  async change(next: (document: OnboardingDocument) => OnboardingDocument): Promise<void> {
    if (this.signal.aborted) throw new Superseded();
    const stored = { document: next(this.document), version: this.#stored.version + 1 };
    this.#writing = stored.version;
    if (!(await this.#store.write(this.tenant, stored))) throw new Superseded();
    this.#stored = stored;
  }

  /** Polls until there is a result; undefined if there is none within the time. */
  async until<Found>(
    times: { readonly everyMs: number; readonly withinMs: number },
    look: () => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const endMs = this.#clock.now() + times.withinMs;
    for (;;) {
      const found = await look();
      if (this.signal.aborted) throw new Superseded();
      if (found !== undefined) return found;
      if (this.#clock.now() >= endMs) return undefined;
      await this.pause(times.everyMs);
    }
  }

  /** @throws Superseded */
  async pause(delayMs: number): Promise<void> {
    await pause(delayMs, this.#clock, this.signal);
    if (this.signal.aborted) throw new Superseded();
  }
}
