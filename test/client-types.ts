import { registerHooks } from 'node:module';

// openapi-typescript builds its output with TypeScript's compiler API, which TypeScript 7 does not have.
registerHooks({
  resolve: (specifier, context, next) => next(specifier === 'typescript' ? 'typescript5' : specifier, context),
});

interface Described {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, object>> }>>>
  >;
}

const header = `// Made from the API's own description: do not edit. After a change of the API:
//   npm run client

`;

/** The types of services/contracts/api.ts for this OpenAPI document. */
export async function clientTypes(document: Described): Promise<string> {
  const { default: openapiTypescript, astToString } = await import('openapi-typescript');
  // Not `immutable`: openapi-fetch turns a read-only array into an object without its methods.
  const options = { alphabetize: true, emptyObjectsUnknown: true, silent: true };
  return header + astToString(await openapiTypescript(JSON.stringify(withOneRefusal(document)), options));
}

/** All refusals have the same shape, so one per operation is enough. */
function withOneRefusal({ paths, ...rest }: Described): object {
  const refused = {
    description: 'Refused',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
  const inEach = <Value, Made>(of: Readonly<Record<string, Value>>, make: (value: Value) => Made) =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name, make(value)]));
  return {
    ...rest,
    paths: inEach(paths, (operations) =>
      inEach(operations, ({ responses, ...operation }) => {
        const kept = Object.entries(responses).filter(([status]) => status < '400');
        return { ...operation, responses: { ...Object.fromEntries(kept), default: refused } };
      }),
    ),
  };
}
