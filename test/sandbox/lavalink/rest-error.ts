/** An error response in Lavalink's own format (docs/api/rest.md, "Error Responses"). */
export class RestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'RestError';
    this.status = status;
  }
}
