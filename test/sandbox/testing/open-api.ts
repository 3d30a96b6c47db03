import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { GivenAnswer } from '../discord/rest/server.ts';

interface Operation {
  responses: Record<string, { $ref?: string; content?: Record<string, unknown> }>;
}
interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

const file = new URL('../discord/openapi.json', import.meta.url);
let loaded: { document: OpenApi; ajv: Ajv2020 } | undefined;

function load() {
  if (loaded) return loaded;
  const document = JSON.parse(readFileSync(file, 'utf8')) as OpenApi;
  const ajv = new Ajv2020({ strict: false, allErrors: false, logger: false });
  addFormats.default(ajv);
  ajv.addFormat('snowflake', /^(0|[1-9][0-9]{0,19})$/);
  ajv.addFormat('nonce', true);
  ajv.addSchema(document, 'discord');
  loaded = { document, ajv };
  return loaded;
}

const pointer = (...parts: string[]) =>
  parts.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('');

/**
 * Checks every response of the sandbox against Discord's own OpenAPI document: does Discord document this route, status
 * and body? Collects a description of each violation.
 */
export class AnswerChecker {
  readonly violations: string[] = [];
  /** How many responses were checked against a schema; a test asserts that it is not zero. */
  checked = 0;
  readonly #compiled = new Map<string, ValidateFunction>();

  readonly check = (answer: GivenAnswer): void => {
    const fault = this.#fault(answer);
    if (fault) this.violations.push(`${answer.method} ${answer.route} ${answer.status}: ${fault}`);
  };

  #fault({ method, route, status, body }: GivenAnswer): string | undefined {
    // OAuth2's token endpoints are described by RFC 6749 and 7009, not by this document.
    if (route === '' || route.startsWith('/oauth2/token')) return undefined;
    const { document } = load();
    const operation = document.paths[route]?.[method.toLowerCase()];
    if (!operation) return 'is no route of Discord';
    const documented = operation.responses[String(status)] ?? operation.responses[`${Math.floor(status / 100)}XX`];
    // Discord documents no bodies of server errors, and nothing that Cloudflare sends.
    if (!documented) return status >= 500 || typeof body === 'string' ? undefined : 'is no documented status';
    const at = documented.$ref ?? `#${pointer('paths', route, method.toLowerCase(), 'responses', String(status))}`;
    if (body === undefined) return documented.content ? 'lacks its body' : undefined;
    if (typeof body === 'string') return undefined;
    const validate = this.#compile(`discord${at}/content/application~1json/schema`);
    this.checked += 1;
    if (validate(overTheWire(body))) return undefined;
    return load().ajv.errorsText(validate.errors?.slice(0, 6), { separator: '; ' });
  }

  #compile(ref: string): ValidateFunction {
    const known = this.#compiled.get(ref);
    if (known) return known;
    const compiled = load().ajv.compile({ $ref: ref });
    this.#compiled.set(ref, compiled);
    return compiled;
  }
}

/**
 * A body as it is sent. The document says that codes inside `_errors` are integers, while Discord sends words such as
 * BASE_TYPE_REQUIRED (Discord: API Reference, Error Messages), so those are not checked.
 */
function overTheWire(body: unknown): unknown {
  const isWord = (key: string, value: unknown) =>
    key === 'code' && typeof value === 'string' && /^[A-Z0-9_]+$/.test(value);
  return JSON.parse(JSON.stringify(body), (key, value: unknown) => (isWord(key, value) ? 0 : value));
}
