/** What a step is given: plain JSON, which is stored. Ids and what was decided, never a secret. */
export type SagaInput = Readonly<Record<string, unknown>>;

/**
 * One step. It may run more than once, since a process can be killed after the work and before that is stored: doing it
 * again must change nothing.
 */
export interface SagaStep<Input extends SagaInput> {
  /** Unique within the saga and never changed: what is stored is found by it. */
  readonly name: string;
  /** An attempt that takes longer has failed; by default as long as the engine says. */
  readonly timeoutMs?: number;
  /** `signal` is aborted when the attempt takes too long. */
  run(input: Input, signal: AbortSignal): Promise<void>;
  /** Takes back what the step did, if a later one fails for good. */
  undo?(input: Input, signal: AbortSignal): Promise<void>;
}

/** Steps that are carried out in order, whatever happens to the process. */
export interface Saga<Input extends SagaInput> {
  /** Unique and never changed. */
  readonly name: string;
  readonly steps: readonly SagaStep<Input>[];
  /** How long it is kept after it was done, with its input; thirty days by default. */
  readonly keptForMs?: number;
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
  /** Why it failed: a code, and a sentence. */
  readonly failure?: { readonly code: string; readonly message: string };
}
