import type { Database } from '#infra/database/pool.ts';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { platformFault } from '#infra/kernel/errors.ts';
import { newId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { Executors } from './executors.ts';
import type { Underway } from './underway.ts';

const channel = 'saga';
/** An attempt that was told to stop is given up after a second. */
const answerWithinMs = 10_000;

/** A workflow, and the executor that ran it last. */
interface Owned {
  readonly workflowID: string;
  readonly executorId?: string | undefined;
}

/**
 * What one process asks of the workflows that run in another one, by NOTIFY: `wake <id>` makes the next attempt now,
 * `stop <id> <request> <executor>` ends one that was cancelled, and is answered by `over <request>`.
 */
export class Elsewhere implements AsyncDisposable {
  readonly #ports: ElsewherePorts;
  readonly #asked = new Map<string, () => void>();
  #listening: AsyncDisposable | undefined;

  constructor(ports: ElsewherePorts) {
    this.#ports = ports;
  }

  async listen(): Promise<void> {
    const { database, logger } = this.#ports;
    this.#listening = await database.listen(channel, {
      notified: (payload) => void this.#received(payload),
      connected: () => undefined,
      disconnected: () => logger.warn({}, 'cannot hear of workflows that another process wants to stop'),
    });
  }

  /** The process that runs it makes the next attempt now, if it is between two. */
  async wake(id: string): Promise<void> {
    await this.#send(`wake ${id}`);
  }

  /**
   * Resolves once no other process runs any of them any more.
   * @throws saga.not-stopped (503) if the process that runs one neither answers nor has ended
   */
  async stop(workflows: readonly Owned[]): Promise<void> {
    const { executors } = this.#ports;
    await Promise.all(
      workflows.map(async ({ workflowID, executorId }) => {
        if (executors.isOther(executorId)) await this.#stop(workflowID, executorId);
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listening?.[Symbol.asyncDispose]();
  }

  async #stop(id: string, executor: string): Promise<void> {
    const { executors, clock } = this.#ports;
    if (await executors.ifEnded(executor)) return;
    const request = newId('stop');
    const answered = new AbortController();
    this.#asked.set(request, () => answered.abort());
    try {
      await this.#send(`stop ${id} ${request} ${executor}`);
      await pause(answerWithinMs, clock, answered.signal);
    } finally {
      this.#asked.delete(request);
    }
    if (answered.signal.aborted || (await executors.ifEnded(executor))) return;
    throw platformFault('saga.not-stopped', 'The process that runs this workflow does not answer. Try again shortly.');
  }

  async #received(payload: string): Promise<void> {
    const { underway, executors, logger } = this.#ports;
    const [what, id = '', request = '', executor] = payload.split(' ');
    try {
      if (what === 'wake') underway.wake(id);
      if (what === 'over') this.#asked.get(id)?.();
      if (what !== 'stop' || executor !== executors.id) return;
      await underway.stop([id]);
      await this.#send(`over ${request}`);
    } catch (error) {
      logger.warn({ err: error }, 'could not answer another process about a workflow');
    }
  }

  async #send(payload: string): Promise<void> {
    await this.#ports.database.queryAcrossTenants({ text: 'select pg_notify($1, $2)', values: [channel, payload] });
  }
}

interface ElsewherePorts {
  readonly database: Database;
  readonly executors: Executors;
  readonly underway: Underway;
  readonly clock: Clock;
  readonly logger: Logger;
}
