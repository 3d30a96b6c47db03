import { Backoff } from '#infra/kernel/backoff.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { firstOpen } from './document.ts';
import { CheckFailed, failed, Superseded, type Run } from './run.ts';
import { steps, type GivenToken, type StepPorts } from './steps.ts';

/** Between the attempts at a step that the platform could not do, and how long they continue. */
const patience = { minMs: 500, maxMs: 8_000, withinMs: 60_000 };

/**
 * Goes from step to step until all have passed, one has failed, or somebody else has taken over. Never throws.
 * `patient`: nobody is waiting for it, so it waits for what is briefly unavailable, such as parts that start with this
 * one.
 */
export async function work(
  run: Run,
  ports: StepPorts & { readonly clock: Clock },
  { given, patient = false }: { readonly given?: GivenToken | undefined; readonly patient?: boolean },
): Promise<void> {
  const patientUntilMs = patient ? ports.clock.now() + patience.withinMs : 0;
  const backoff = new Backoff(patience);
  for (let open = firstOpen(run.document); open !== undefined; open = firstOpen(run.document)) {
    const at = open;
    const step = steps.find(({ checks: ids }) => ids.includes(at));
    const [first = at] = step?.checks ?? [];
    try {
      await run.set(first, { state: 'running' });
      await step?.run(run, ports, given);
      if (firstOpen(run.document) === undefined) await run.change((document) => ({ ...document, worked: true }));
    } catch (error) {
      if (error instanceof Superseded || run.signal.aborted) return;
      if (isPassing(error) && ports.clock.now() < patientUntilMs) {
        if (!(await waited(run, backoff.nextMs()))) return;
        continue;
      }
      const fault = failed(at, error);
      if (!(error instanceof CheckFailed))
        ports.logger.info({ err: error, tenant: run.tenant, check: at }, 'a check failed');
      await run.set(fault.id, { state: 'failed', ...fault.check }).catch((lost: unknown) => {
        if (!(lost instanceof Superseded))
          ports.logger.error({ err: lost, tenant: run.tenant }, 'could not store a finding');
      });
      return;
    }
  }
}

/** A part of the platform is unavailable, which says nothing about the bot. */
const isPassing = (error: unknown): boolean => error instanceof BailiwickError && error.status >= 500;

const waited = (run: Run, delayMs: number): Promise<boolean> =>
  run.pause(delayMs).then(
    () => true,
    () => false,
  );
