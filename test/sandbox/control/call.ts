/** One call of the control API, as a route's handler gets it. */
interface ControlCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Responds with JSON; undefined is a 204. The `status` of a thrown error becomes the response's. */
export type ControlHandler = (call: ControlCall) => unknown;

/** Where parts of the sandbox add their control routes before it starts to listen. */
export interface ControlRoutes {
  route(method: string, path: string, handler: ControlHandler): void;
}
