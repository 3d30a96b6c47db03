import type { FastifyRequest } from 'fastify';
import type { HttpApp } from '#infra/http/http-app.ts';
import { takeJson } from '#infra/http/json-bodies.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { readPolicyYaml } from '#policies/policy-yaml.ts';

/** RFC 9512. */
const yaml = 'application/yaml';
/** RFC 7396. */
const patch = 'application/merge-patch+json';

/** For the `consumes` of an operation: the possible media types of its body. JSON only by default. */
export const mediaTypes = { document: ['application/json', yaml], patch: [patch] } as const;

/** Lets the operations of this scope accept YAML and merge patches, each only if it declares so. */
export function takeDocuments(scope: HttpApp): void {
  scope.addHook('preParsing', async (request) => {
    const given = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    const { consumes = ['application/json'] } = (request.routeOptions.schema ?? {}) as { consumes?: readonly string[] };
    if (given === undefined || consumes.includes(given)) return;
    throw callerFault('http.media-type', `Send the body as ${consumes.join(' or ')}.`, 415);
  });
  scope.addContentTypeParser(yaml, { parseAs: 'string' }, async (_request: unknown, body: string) =>
    readPolicyYaml(body),
  );
  takeJson(scope, patch);
}

/** Whether the caller prefers YAML to JSON (RFC 9110, 12.5.1); JSON if both are equally acceptable. */
export function prefersYaml({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const weights = new Map(
    (headers.accept ?? '*/*').split(',').map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='));
      return [type, weight === undefined ? 1 : Number(weight.slice(2)) || 0] as const;
    }),
  );
  const any = weights.get('application/*') ?? weights.get('*/*') ?? 0;
  return (weights.get(yaml) ?? any) > (weights.get('application/json') ?? any);
}
