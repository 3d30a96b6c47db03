import { casbinOf } from './casbin-peer.ts';
import { serve } from './subject.ts';

/* One Casbin enforcer for all tenants. */
serve(({ tenants = [] }) => casbinOf(tenants));
