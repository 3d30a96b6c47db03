import createClient, { type Client } from 'openapi-fetch';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';
import { parseProblem } from '#infra/kernel/problem.ts';
import type { paths } from './api.ts';

/** Every operation of the API with its own types, generated from the API's description: `api.GET('/v1/me')`. */
export type ApiCalls = Client<paths>;

/**
 * Calls the API. A refusal becomes a BailiwickError with the API's own code and message.
 * @throws BailiwickError api-client.unreachable (503), api-client.answer for a response without a reason
 */
export function createApiCalls({
  url,
  token,
}: {
  readonly url: string;
  readonly token?: string | undefined;
}): ApiCalls {
  const calls = createClient<paths>({
    baseUrl: url.replace(/\/$/, ''),
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  calls.use({
    async onResponse({ response }) {
      if (response.ok) return undefined;
      throw (
        parseProblem(await response.json().catch(() => undefined)) ??
        callerFault('api-client.answer', `The API answered ${response.status} without a reason.`, response.status)
      );
    },
    onError: ({ error }) =>
      error instanceof BailiwickError
        ? error
        : new BailiwickError({
            code: 'api-client.unreachable',
            owner: 'platform',
            status: 503,
            message: `Nothing answers at ${url}: is Bailiwick running there?`,
            cause: error,
          }),
  });
  return calls;
}

/** The response of an operation. */
export async function dataOf<Data>(call: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await call;
  if (data !== undefined) return data;
  throw callerFault('api-client.answer', 'The API returned an empty response where a body is documented.', 502);
}
