/** One call of the control API, as a route's handler gets it. */
interface ControlCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Answers with JSON; undefined is 204. What it throws with a `status` becomes that status. */
export type ControlHandler = (call: ControlCall) => unknown;

/** Where parts of the sandbox put their control routes before it starts to listen. */
export interface ControlRoutes {
  route(method: string, path: string, handler: ControlHandler): void;
}
