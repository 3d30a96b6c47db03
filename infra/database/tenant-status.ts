/**
 * The values of the column tenant.status. created: no token yet; active: its bot should run; suspended: an operator or
 * owner stopped it; deleting: being removed.
 */
export const tenantStatuses = ['created', 'active', 'suspended', 'deleting'] as const;
export type TenantStatus = (typeof tenantStatuses)[number];
