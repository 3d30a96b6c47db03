import { tenantId } from '#infra/kernel/ids.ts';

/**
 * The log of everything that concerns no tenant: sign-ins, sign-outs, refusals of operations on the platform. It is a
 * log like a tenant's, under an id that no tenant can have (its time would be 1970), so that it is sealed, exported and
 * verified like every other; operators can read it.
 */
export const installationLog = tenantId('ten_00000000000000000000000000');
