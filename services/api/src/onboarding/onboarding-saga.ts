import type { HeldLocks } from '#infra/database/held-locks.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import { unexpectedFailure } from '#infra/sagas/failures.ts';
import type { Attempt, Failure, Saga, SagaStep } from '#infra/sagas/saga.ts';
import type { TenantStore } from '#tenants/tenant/tenant-store.ts';
import { CheckFailed, failed, isPassing } from './check-failed.ts';
import { checkIn, firstOpen, type OnboardingDocument } from './document.ts';
import type { OnboardingStore } from './onboarding-store.ts';
import { inPass, type Pass, type PassInput } from './pass.ts';
import { steps, type GivenToken, type StepPorts } from './steps.ts';

export const onboardingSaga = 'onboarding';
/** How the ids of a tenant's passes begin. */
export const onboardingsOf = (tenant: TenantId): string => `${onboardingSaga}-${tenant}-`;
export const passId = ({ tenant, pass }: PassInput): string => `${onboardingsOf(tenant)}${pass}`;

/**
 * What this process knows of a pass that it began: somebody waits for it, and the token that they pasted, if any. A
 * token is in no database before the edge has sealed it.
 */
export type Fresh = Map<string, { readonly given: GivenToken | undefined }>;

export interface OnboardingSagaPorts extends Omit<StepPorts, 'tenants'> {
  readonly tenants: Pick<TenantStore, 'find' | 'withdraw'>;
  readonly store: OnboardingStore;
  readonly locks: HeldLocks;
  readonly fresh: Fresh;
}

/**
 * Attempts at a step that the platform could not do: for a person who waits, and for one who comes back later. A person's
 * last attempt is at least 7.7 seconds after the first, since a breaker of gateway-proxy stays open for five.
 */
const attemptsForPerson = 6;
const attempts = 8;
const slack = { timeoutMs: 90_000 };

/**
 * A pass over the checks, from the first that is open. One that fails ends it, and takes nothing back: the person fixes
 * what it says, and begins another pass. An operator can have everything taken back until the bot has been heard.
 */
export function createOnboardingSaga(ports: OnboardingSagaPorts): Saga<PassInput> {
  const { store, tenants, fresh } = ports;
  const atWork = (input: PassInput, signal: AbortSignal, work: (pass: Pass) => Promise<void>, endsAtMs?: number) =>
    inPass(input, { ...ports, signal, ...(endsAtMs === undefined ? {} : { endsAtMs }) }, async (pass) => {
      await work(pass);
      return true;
    });
  const make = async (
    step: (typeof steps)[number],
    input: PassInput,
    signal: AbortSignal,
    { endsAtMs }: Attempt,
  ): Promise<'over' | undefined> => {
    const made = await atWork(
      input,
      signal,
      async (pass) => {
        const isOpen = step.checks.some((id) => checkIn(pass.document, id).state !== 'passed');
        if (isOpen) await makeChecks(step, pass, ports, fresh.get(passId(input))?.given);
      },
      endsAtMs,
    );
    if (!made || step === steps.at(-1)) fresh.delete(passId(input));
    return made ? undefined : 'over';
  };
  const takeBack = async (step: (typeof steps)[number], input: PassInput, signal: AbortSignal): Promise<void> => {
    fresh.delete(passId(input));
    await atWork(input, signal, async (pass) => step.undo?.(pass, ports));
  };
  return {
    name: onboardingSaga,
    compensates: 'on-request',
    steps: steps.map((step): SagaStep<PassInput> => {
      const { withinMs } = step;
      return {
        name: step.name,
        limit: attempts,
        timeoutMs: slack.timeoutMs + (withinMs ?? 0),
        ...(withinMs === undefined ? {} : { withinMs }),
        run: (input, signal, attempt) => make(step, input, signal, attempt),
        repeats: (error, { number }, input) =>
          isPassing(error) && (!fresh.has(passId(input)) || number < attemptsForPerson),
        ...(step.undo ? { undo: (input, signal) => takeBack(step, input, signal) } : {}),
      };
    }),
    async whyNotCompensated({ tenant, pass }) {
      const document = (await store.read(tenant))?.document;
      if (document?.pass !== pass) return 'Another one has begun.';
      if (document.worked) return 'The bot has been heard, and may be in use. Suspend or delete its tenant instead.';
      if (!document.brought) return 'The tenant had a token before it, so there is nothing to take back.';
      const status = (await tenants.find(tenant))?.status;
      return status === 'created' || status === 'active'
        ? undefined
        : `The tenant is ${status === 'suspended' ? 'suspended. Resume it first' : 'being deleted'}.`;
    },
    async failed(input, failure) {
      fresh.delete(passId(input));
      const { signal } = new AbortController();
      await atWork(input, signal, async (pass) => {
        const open = firstOpen(pass.document);
        // What the check itself found is there already, with more to say.
        if (open === undefined || isFailed(pass.document)) return;
        const { id, check } = failed(open, errorOf(failure));
        await pass.set(id, { state: 'failed', ...check });
      });
    },
  };
}

async function makeChecks(
  step: (typeof steps)[number],
  pass: Pass,
  ports: StepPorts,
  given: GivenToken | undefined,
): Promise<void> {
  const [first] = step.checks;
  try {
    if (first && checkIn(pass.document, first).state !== 'running') await pass.set(first, { state: 'running' });
    await step.run(pass, ports, given);
    if (firstOpen(pass.document) === undefined) await pass.change((document) => ({ ...document, worked: true }));
  } catch (error) {
    if (!(error instanceof CheckFailed)) {
      ports.logger.info({ err: error, tenant: pass.tenant, check: firstOpen(pass.document) }, 'a check failed');
      throw error;
    }
    await pass.set(error.id, { state: 'failed', ...error.check });
    const { code, detail = '', fix = '' } = error.check;
    throw callerFault(code, `${detail} ${fix}`.trim(), 409);
  }
}

const isFailed = ({ checks }: OnboardingDocument): boolean =>
  Object.values(checks).some(({ state }) => state === 'failed');

/** As the step threw it; an unexpected one was not stored. */
const errorOf = ({ code, message }: Failure): Error =>
  code === unexpectedFailure ? new Error(message) : platformFault(code, message);
