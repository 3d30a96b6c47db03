import { createContext, useContext } from 'react';
import type { Action } from '#security/identity/actions.ts';
import { memberRoles, operatorActions, type MemberRole } from '#policies/roles.ts';
import type { Me } from '../api/types.ts';

/** The current tenant and the user's role in it. */
export interface TenantAccess {
  readonly tenant: string;
  readonly name: string;
  /** `operator` for operators of the platform who are not members. */
  readonly role: MemberRole | 'operator';
  /**
   * Whether the screen may offer an action, by the same role lists that the platform uses. The API decides again, and
   * may refuse a suspended tenant more.
   */
  readonly can: (action: Action) => boolean;
}

export const MeContext = createContext<Me | undefined>(undefined);
export const TenantContext = createContext<TenantAccess | undefined>(undefined);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('nobody is signed in here');
  return me;
}

export function useTenant(): TenantAccess {
  const access = useContext(TenantContext);
  if (!access) throw new Error('no tenant is chosen here');
  return access;
}

/** The roles that allow an action. */
export const rolesFor = (action: Action): readonly MemberRole[] =>
  (Object.keys(memberRoles) as MemberRole[]).filter((role) => new Set<Action>(memberRoles[role]).has(action));

/** undefined if the signed-in person may not know of the tenant. */
export function accessTo(me: Me, tenant: string): TenantAccess | undefined {
  const membership = me.tenants.find(({ id }) => id === tenant);
  const allowed = new Set<string>([
    ...(membership ? memberRoles[membership.role] : []),
    ...(me.operator ? operatorActions : []),
  ]);
  if (!membership && !me.operator) return undefined;
  return {
    tenant,
    name: membership?.name ?? tenant,
    role: membership?.role ?? 'operator',
    can: (action) => allowed.has(action),
  };
}
