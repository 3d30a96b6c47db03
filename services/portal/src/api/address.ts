import { createFinalURL, createQuerySerializer, defaultPathSerializer } from 'openapi-fetch';
import type { paths } from '#services/contracts/api.ts';

type ReadPath = { [Path in keyof paths]: paths[Path] extends { get: object } ? Path : never }[keyof paths];
type Given<Path extends ReadPath> = paths[Path] extends { get: { parameters: infer Parameters } } ? Parameters : never;
type Part<Parameters, Name extends 'path' | 'query'> = Parameters extends { [Key in Name]?: infer Value }
  ? Value
  : never;

/** The URL of a read operation of the API, for what the browser fetches itself: a stream, a download, a sign-in. */
export function address<Path extends ReadPath>(
  path: Path,
  params: { path?: Part<Given<Path>, 'path'>; query?: Part<Given<Path>, 'query'> } = {},
): string {
  return createFinalURL(path, {
    baseUrl: '',
    params: params as { path?: Record<string, unknown>; query?: Record<string, unknown> },
    querySerializer: createQuerySerializer(),
    pathSerializer: defaultPathSerializer,
  });
}
