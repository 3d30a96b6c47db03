import { check, deny, pass } from '../check.ts';

/**
 * Is the tenant that the path names the caller's own? A bot is of one tenant, by its certificate; services act for
 * many, and whether the tenant exists and is active is decided with everything else (authorize).
 */
export const tenancy = check<unknown>('tenancy', ({ caller, params }) => {
  if (caller?.kind !== 'bot') return pass;
  if (params.tenant === undefined) return deny('tenancy.missing');
  return params.tenant === caller.tenant ? pass : deny('tenancy.other-tenant');
});
