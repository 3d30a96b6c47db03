import { locationWords } from './document-location.ts';

/** A refusal from the API (application/problem+json, RFC 9457), or a failure to reach it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** 0 if nothing answered. */
  readonly status: number;
  readonly code: string;
  readonly faults: readonly { at: string; message: string }[];
  readonly requestId: string | undefined;

  constructor(facts: {
    status: number;
    code: string;
    title: string;
    faults?: readonly { at: string; message: string }[];
    requestId?: string;
  }) {
    super(facts.title);
    this.status = facts.status;
    this.code = facts.code;
    this.faults = facts.faults ?? [];
    this.requestId = facts.requestId;
  }
}

/** The message to show; any error other than a Problem is a fault of the portal. */
export function sentenceOf(error: unknown): string {
  // The title only says that the faults are listed, so the faults are the message.
  if (error instanceof Problem && error.code === 'http.invalid' && error.faults.length > 0)
    return error.faults.map(({ at, message }) => `${locationWords(at)} ${message}.`).join(' ');
  if (error instanceof Problem) return error.message;
  return 'Something went wrong in the portal itself. Reload the page and try again.';
}

/** Whether a retry may help: nothing answered, a rate limit was hit, or the platform is at fault. */
export const mayPass = (error: unknown): boolean =>
  error instanceof Problem && (error.status === 0 || error.status === 429 || error.status >= 500);

export const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Problem && codes.includes(error.code);

/** Reads any unsuccessful response, even if its body is not a problem document. */
export async function problemOf(response: Response): Promise<Problem> {
  const said: unknown = await response.json().catch(() => undefined);
  const { status } = response;
  if (typeof said === 'object' && said !== null && 'title' in said && 'code' in said) {
    const { title, code, faults, requestId } = said as {
      title: string;
      code: string;
      faults?: { at: string; message: string }[];
      requestId?: string;
    };
    return new Problem({
      status,
      code,
      title,
      ...(faults === undefined ? {} : { faults }),
      ...(requestId === undefined ? {} : { requestId }),
    });
  }
  return new Problem({ status, code: 'portal.unreadable', title: `The platform answered ${status} without a reason.` });
}

export const unreachable = (): Problem =>
  new Problem({
    status: 0,
    code: 'portal.offline',
    title: 'The platform cannot be reached. Check your connection.',
  });
