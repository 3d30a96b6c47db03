import { z } from 'zod';
import { stringifyLossless } from '../../../lossless-json.ts';
import { addFormError, DiscordError } from '../errors.ts';
import type { FormErrors } from '../errors.ts';

/** One of Discord's own rules inside a zod schema: `context.addIssue(fault(...))`. */
export function fault(code: string, message: string, path: PropertyKey[] = []) {
  return { code: 'custom' as const, message, params: { discord: code }, path };
}

type Issue = z.core.$ZodIssue;

/** Parses a body, or throws 50035 with every fault at its path, with Discord's messages. */
export function validate<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  const errors: FormErrors = {};
  for (const issue of parsed.error.issues.flatMap(unfold)) {
    const { code, message } = inDiscordsWords(issue);
    addFormError(errors, issue.path, code, message);
  }
  throw new DiscordError(400, 50035, 'Invalid Form Body', errors);
}

/** If no branch of a union matches, the faults of the branch that came closest. */
function unfold(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const closest = [...issue.errors].sort((a, b) => a.length - b.length)[0] ?? [];
  return closest.flatMap((inner) => unfold({ ...inner, path: [...issue.path, ...inner.path] }));
}

function inDiscordsWords(issue: Issue): { code: string; message: string } {
  switch (issue.code) {
    case 'custom': {
      const code: unknown = issue.params?.['discord'];
      return { code: typeof code === 'string' ? code : 'BASE_TYPE_INVALID', message: issue.message };
    }
    case 'invalid_type':
      return issue.input === undefined || issue.input === null
        ? { code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }
        : wrongType(issue.expected, issue.input);
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum));
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum));
    case 'invalid_value':
      return {
        code: 'BASE_TYPE_CHOICES',
        message: `Value must be one of {${issue.values.map((value) => JSON.stringify(value)).join(', ')}}.`,
      };
    case 'invalid_union':
      return { code: 'UNION_TYPE_CHOICES', message: 'Value of field "type" must be one of the allowed ones.' };
    case 'invalid_format':
      return issue.format === 'url'
        ? { code: 'URL_TYPE_INVALID_URL', message: 'Not a well formed URL.' }
        : { code: 'STRING_TYPE_REGEX', message: 'String value did not match validation regex.' };
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
      return { code: 'BASE_TYPE_INVALID', message: issue.message };
  }
}

function wrongType(expected: string, input: unknown): { code: string; message: string } {
  const shown = (stringifyLossless(input) ?? '').slice(0, 100);
  switch (expected) {
    case 'string':
      return { code: 'STRING_TYPE_CONVERT', message: `Could not interpret ${shown} as string.` };
    case 'number':
    case 'int':
      return { code: 'NUMBER_TYPE_COERCE', message: `Value ${shown} is not int.` };
    case 'boolean':
      return { code: 'BOOLEAN_TYPE_CONVERT', message: 'Must be either true or false.' };
    case 'array':
      return { code: 'LIST_TYPE_CONVERT', message: 'Only iterables may be used in a ListType' };
    default:
      return { code: 'MODEL_TYPE_CONVERT', message: 'Only dictionaries may be used in a ModelType' };
  }
}

function tooBig(origin: string, maximum: number): { code: string; message: string } {
  return origin === 'number' || origin === 'int'
    ? { code: 'NUMBER_TYPE_MAX', message: `int value should be less than or equal to ${maximum}.` }
    : { code: 'BASE_TYPE_MAX_LENGTH', message: `Must be ${maximum} or fewer in length.` };
}

function tooSmall(origin: string, minimum: number): { code: string; message: string } {
  if (origin === 'number' || origin === 'int') {
    return { code: 'NUMBER_TYPE_MIN', message: `int value should be greater than or equal to ${minimum}.` };
  }
  return minimum <= 1
    ? { code: 'BASE_TYPE_REQUIRED', message: 'This field is required' }
    : { code: 'BASE_TYPE_MIN_LENGTH', message: `Must be ${minimum} or more in length.` };
}
