import { displayName } from '#infra/kernel/names.ts';
import type { Tenant } from '#tenants/tenant/tenant.ts';

/** A tenant's name; one that was stored before names were validated is shown as it would be accepted now. */
export const shownName = ({ id, name }: Pick<Tenant, 'id' | 'name'>): string => displayName(name, { otherwise: id });
