import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { request } from 'undici';
import type { z } from 'zod';
import { BailiwickError, callerFault } from '#infra/kernel/errors.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { parseProblem } from '#infra/kernel/problem.ts';
import { createApiCalls, type ApiCalls } from '#services/contracts/api-client.ts';

/** The API's address, and the credentials to call it with. */
export interface Session {
  readonly url: string;
  readonly token: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiClient {
  /** The API's address. */
  readonly url: string;
  /** Every operation with its own types. */
  readonly api: ApiCalls;
  call<Schema extends z.ZodType>(
    method: Method,
    path: string,
    answer: Schema,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<z.infer<Schema>>;
  /** For streamed responses; the caller consumes the body. */
  download(path: string): Promise<Readable>;
  /** The same, with the relevant response headers. */
  open(path: string): Promise<Download>;
}

export interface Download {
  readonly body: Readable;
  readonly header: (name: string) => string | undefined;
}

const timeoutMs = 60_000;

/** Calls the public API; a refusal becomes a BailiwickError with the API's own code and message. */
export function createApiClient(url: string, token?: string): ApiClient {
  const send = async (method: Method, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await request(new URL(path, url), {
      method,
      headersTimeout: timeoutMs,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new BailiwickError({
        code: 'cli.unreachable',
        owner: 'platform',
        status: 503,
        message: `Nothing answers at ${url}: is Bailiwick running there?`,
        cause,
      });
    });
    if (answer.statusCode < 400) return answer;
    throw (
      parseProblem(await answer.body.json().catch(() => undefined)) ??
      callerFault('cli.answer', `The API answered ${answer.statusCode} without saying why.`, answer.statusCode)
    );
  };
  return {
    url,
    api: createApiCalls({ url, token }),
    async call(method, path, schema, body, headers) {
      const answer = await send(method, path, body, headers);
      const text = await answer.body.text();
      const parsed = schema.safeParse(text.length === 0 ? null : parseJson(text));
      if (parsed.success) return parsed.data;
      const message = `${url} answered something that this version of bailiwick does not know.`;
      throw new BailiwickError({ code: 'cli.answer', owner: 'upstream', status: 502, message });
    },
    async download(path) {
      return (await send('GET', path)).body;
    },
    async open(path) {
      const answer = await send('GET', path);
      return { body: answer.body, header: (name) => answer.headers[name]?.toString() };
    },
  };
}

/** Keeps a session in a file that only its owner can read. */
export const sessionFile = {
  async write(file: string, session: Session): Promise<void> {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, JSON.stringify(session), { mode: 0o600 });
    await chmod(file, 0o600);
  },
  async read(file: string): Promise<Session> {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as Session;
    } catch (cause) {
      throw new BailiwickError({
        code: 'cli.signed-out',
        owner: 'caller',
        status: 401,
        message: 'You are not signed in: run `bailiwick login`.',
        cause,
      });
    }
  },
  remove: (file: string): Promise<void> => rm(file, { force: true }),
};
