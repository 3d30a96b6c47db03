/** What a step is given: plain JSON, which is stored. Ids and what was decided, never a secret. */
export type SagaInput = Readonly<Record<string, unknown>>;

/** One attempt at a step. */
export interface Attempt {
  /** From 1. */
  readonly number: number;
  /** When a step with `withinMs` has to be over, in milliseconds since the epoch; otherwise it has no end of its own. */
  readonly endsAtMs: number;
}

/** A code and a sentence, neither of which contains a secret. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/**
 * One step. It may run more than once, since a process can be killed after the work and before that is stored: doing it
 * again must change nothing.
 */
export interface SagaStep<Input extends SagaInput> {
  /** Unique within the saga and never changed: what is stored is found by it. */
  readonly name: string;
  /** An attempt that takes longer has failed; by default as long as the engine says. */
  readonly timeoutMs?: number;
  /** How many attempts there are at most; by default as many as the engine says. */
  readonly limit?: number;
  /**
   * For a step that waits for a person: how long. Its end is stored when it begins, so a restart does not extend it; an
   * attempt is told.
   */
  readonly withinMs?: number;
  /**
   * `signal` is aborted when the attempt takes too long, the process stops, or the workflow is stopped.
   * @returns over: the saga is done, and its further steps are not taken
   */
  run(input: Input, signal: AbortSignal, attempt: Attempt): Promise<'over' | void>;
  /** Whether a failure is worth another attempt; by default it always is. */
  repeats?(error: unknown, attempt: Attempt, input: Input): boolean;
  /** Takes back what the step did, all or part of it. Harmless if it did nothing. */
  undo?(input: Input, signal: AbortSignal): Promise<void>;
}

/** Steps that are carried out in order, whatever happens to the process. */
export interface Saga<Input extends SagaInput> {
  /** Unique and never changed. */
  readonly name: string;
  readonly steps: readonly SagaStep<Input>[];
  /** How long it is kept after it was done, with its input; thirty days by default. */
  readonly keptForMs?: number;
  /**
   * When completed steps are taken back: as soon as a later one fails for good, which is the default, or only when an
   * operator says so.
   */
  readonly compensates?: 'on-failure' | 'on-request';
  /** Why an operator cannot have it compensated now, in sentences; undefined if they can. */
  whyNotCompensated?(input: Input): Promise<string | undefined>;
  /** Called once a step has failed for good, to pass on why. */
  failed?(input: Input, failure: Failure): Promise<void>;
}

/** running: under way, or to be resumed; done; failed: given up, and what can be taken back was. */
export type SagaStatus = 'running' | 'done' | 'failed';

/** Where a saga stands. */
export interface SagaState {
  readonly id: string;
  readonly saga: string;
  readonly status: SagaStatus;
  readonly input: SagaInput;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  /** Steps that are complete, in order. */
  readonly completed: readonly string[];
  /** The step that is under way or failed; of one that runs in this process, with the attempt and why the last one failed. */
  readonly step?: {
    readonly name: string;
    readonly sinceMs: number;
    readonly attempt?: number;
    readonly failure?: Failure;
  };
  /** Why it failed. */
  readonly failure?: Failure;
  /** Whether it has steps that could be taken back. */
  readonly compensable: boolean;
  /** Once an operator has had it compensated. */
  readonly compensation?: { readonly status: SagaStatus; readonly failure?: Failure };
}
