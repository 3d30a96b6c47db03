import { createContext, useContext } from 'react';
import type { Action } from '#policies/actions.ts';
import { memberRoles, operatorActions, type MemberRole } from '#policies/roles.ts';
import type { Me } from '../api/types.ts';

/** The tenant that one looks at, and as what. */
export interface TenantAccess {
  readonly tenant: string;
  readonly name: string;
  /** `operator` where one is no member but runs the platform. */
  readonly role: MemberRole | 'operator';
  /**
   * Whether the screen may offer it: the same lists that the platform decides by. The API decides again, and a tenant
   * that is suspended may be refused more.
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

/** The roles that an action takes. */
export const rolesFor = (action: Action): readonly MemberRole[] =>
  (Object.keys(memberRoles) as MemberRole[]).filter((role) => new Set<Action>(memberRoles[role]).has(action));

/** undefined when the signed-in person may not know of the tenant. */
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
