import { parseBoundedJson } from '#infra/kernel/bounded-json.ts';
import type { HttpApp } from './http-app.ts';

/** Parses bodies of these media types as JSON within the bounds of every document, instead of fastify's own parser. */
export function takeJson(app: HttpApp, mediaTypes: string | string[] = 'application/json'): void {
  for (const mediaType of [mediaTypes].flat())
    if (app.hasContentTypeParser(mediaType)) app.removeContentTypeParser(mediaType);
  app.addContentTypeParser(mediaTypes, { parseAs: 'string' }, async (_request: unknown, body: string) =>
    parseBoundedJson(body),
  );
}
