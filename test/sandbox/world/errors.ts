/** A request to the world or the control API that cannot be fulfilled, with its HTTP status. */
export class SandboxError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.name = 'SandboxError';
    this.code = code;
    this.status = status;
  }
}

/** For what does not exist in this world. */
export function notFound(what: string): SandboxError {
  return new SandboxError(`sandbox.unknown-${what}`, 404, `There is no such ${what}.`);
}

/** For what a person of this world is not allowed to do. */
export function forbidden(code: string, message: string): SandboxError {
  return new SandboxError(`sandbox.${code}`, 403, message);
}

/** For an invalid request. */
export function invalid(code: string, message: string): SandboxError {
  return new SandboxError(`sandbox.${code}`, 400, message);
}
