import type { routeDefinitions, Target } from './routes.ts';

type Definition = (typeof routeDefinitions)[number];

/** A route's methods, each with the path: `GET PUT /v1` is `GET /v1` and `PUT /v1`. */
type Each<On extends string, Methods extends string = never> = On extends `/${string}`
  ? `${Methods} ${On}`
  : On extends `${infer Method} ${infer Rest}`
    ? Each<Rest, Methods | Method>
    : never;

/** The routes to a part, as `<method> <path>`; what the table does not have is no valid value. */
export type RouteTo<To extends Target> = Each<Extract<Definition, { readonly to: To }>['on']>;

type ParamsIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamsIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : Path extends `${string}*`
      ? 'tail'
      : never;
type MethodIn<On extends string> = On extends `${infer Method} ${string}` ? Method : never;
/** Nothing for a path without parameters; `tail` is what stands for a closing `*`, as it goes on the wire. */
type Params<On extends string> = [ParamsIn<On>] extends [never]
  ? []
  : [params: { readonly [Name in ParamsIn<On>]: string }];

export interface Address<To extends Target, On extends string> {
  readonly to: To;
  readonly method: MethodIn<On>;
  readonly path: string;
}

/**
 * The address of a route of the table, for a call to another part. It only compiles for a route that exists, with all of
 * its parameters; a query is appended to the path by the caller.
 */
export function addressOf<To extends Target, On extends RouteTo<To>>(
  to: To,
  on: On,
  ...[params]: Params<On>
): Address<To, On> {
  const space = on.indexOf(' ');
  const values: Readonly<Record<string, string>> = params ?? {};
  const path = on
    .slice(space + 1)
    .replace(/:([a-z]+)/g, (_whole, name: string) => encodeURIComponent(values[name] ?? ''))
    .replace(/\*$/, () => values['tail'] ?? '');
  return { to, method: on.slice(0, space) as MethodIn<On>, path };
}
