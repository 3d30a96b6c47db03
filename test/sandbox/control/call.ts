/** One call of the control API, as a route's handler gets it. */
interface ControlCall {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** The result is sent as JSON; undefined becomes 204. A thrown error's `status` becomes the response's. */
export type ControlHandler = (call: ControlCall) => unknown;

/** Where parts of the sandbox register their control routes before it starts to listen. */
export interface ControlRoutes {
  route(method: string, path: string, handler: ControlHandler): void;
}
