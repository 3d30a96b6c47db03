/** An error response in Lavalink's own form (docs/api/rest.md, "Error Responses"). */
export class RestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RestError';
    this.status = status;
  }
}
