import type { Identified } from '../exchange/exchange.ts';
import { check, deny, pass } from './check.ts';

/**
 * Does the tenant in the path belong to the caller? A bot belongs to one tenant, by its certificate; services act for
 * many. Whether the tenant exists and is active is decided later (authorize).
 */
export const tenancy = check<unknown, Identified>('tenancy', ({ caller, params }) => {
  if (caller.kind !== 'bot') return pass;
  if (params.tenant === undefined) return deny('tenancy.missing');
  return params.tenant === caller.tenant ? pass : deny('tenancy.other-tenant');
});
