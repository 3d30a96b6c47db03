import { platformFault } from '#infra/kernel/errors.ts';
import type { HttpApp } from '#infra/http/http-app.ts';
import type { Action } from '#security/identity/actions.ts';
import { keyScopeNames, keyScopes, type KeyScope } from '#policies/roles.ts';

/**
 * Who may use an operation; each declares it in its definition. It is decided before anything else of a request is
 * read, and before a stored response is returned again.
 */
export type OperationAccess =
  /** Anybody: signing in. */
  | { readonly to: 'anybody' }
  /** A person with a session, who must be allowed the action if there is one; no API keys. */
  | { readonly to: 'person'; readonly action?: Action }
  /** A person, or an API key with a scope that includes `keyAction`. */
  | { readonly to: 'person-or-key'; readonly action: Action; readonly keyAction: Action };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: OperationAccess;
  }
}

export const anybody: OperationAccess = { to: 'anybody' };

/** For what a person does for themselves, or what no API key may do for its creator. */
export const personOnly = (action?: Action): OperationAccess => ({ to: 'person', ...(action ? { action } : {}) });

/** `keyAction`: what a key's scopes must include, if that is another action than the one that is decided. */
export const personOrKey = (action: Action, keyAction: Action = action): OperationAccess => ({
  to: 'person-or-key',
  action,
  keyAction,
});

/** The scopes with which an API key may use an operation; none if it is for people only. */
export const scopesFor = (access: OperationAccess): readonly KeyScope[] =>
  access.to === 'person-or-key'
    ? keyScopeNames.filter((scope) => new Set<Action>(keyScopes[scope]).has(access.keyAction))
    : [];

/**
 * Refuses to start with an operation that does not declare its access, or that accepts API keys while no scope allows
 * it. Must run before the operations are added.
 */
export function requireDeclaredAccess(app: HttpApp): void {
  app.addHook('onRoute', ({ schema, config, method, url }) => {
    if (!schema || !('operationId' in schema)) return;
    const access = config?.access;
    if (!access) throw platformFault('access.undeclared', `${String(method)} ${url} does not declare its access.`);
    if (access.to === 'person-or-key' && scopesFor(access).length === 0)
      throw platformFault(
        'access.no-scope',
        `${String(method)} ${url} accepts API keys, but no scope includes its action.`,
      );
    if ((access.to === 'anybody') !== 'security' in schema)
      throw platformFault(
        'access.undescribed',
        `${String(method)} ${url} must have public access and its own \`security\` both, or neither.`,
      );
  });
}
