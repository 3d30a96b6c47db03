import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { forbidden } from '../world/errors.ts';
import type { ControlRoutes } from './call.ts';

/** The HTTP status of an error from any part of the sandbox. */
function statusOf(error: unknown): number {
  if (error instanceof z.ZodError) return 400;
  if (typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number') {
    return error.status;
  }
  return 500;
}

function bodyOf(error: unknown): { code: string; message: string } {
  if (error instanceof z.ZodError) return { code: 'sandbox.invalid', message: z.prettifyError(error) };
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'sandbox.failed';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

/** Any web page can make a browser post here, but only with its own origin in the request (RFC 6454, section 7). */
function refuseForeignPages(origin: string | undefined, host: string | undefined): void {
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host) {
    throw forbidden('foreign-page', 'The sandbox is controlled from its own pages and from programs only.');
  }
}

/** Registers control routes on the app; they must be added before the server listens. */
export function controlRoutes(app: FastifyInstance): ControlRoutes {
  return {
    route: (method, path, handler) => {
      app.route({
        method: method,
        url: path,
        handler: async (request, reply) => {
          try {
            refuseForeignPages(request.headers.origin, request.headers.host);
            const result: unknown = await handler({
              params: request.params as Record<string, string>,
              query: new URL(request.url, 'http://sandbox').searchParams,
              body: request.body,
            });
            return result === undefined ? await reply.code(204).send() : await reply.send(result);
          } catch (error) {
            return await reply.code(statusOf(error)).send(bodyOf(error));
          }
        },
      });
    },
  };
}
