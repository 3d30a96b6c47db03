import { casbinOf } from './casbin-peer.ts';
import { serve } from './subject.ts';

/* A Casbin enforcer for each tenant. */
serve(async ({ tenants = [] }) => {
  const enforcers = new Map<string, Awaited<ReturnType<typeof casbinOf>>>();
  for (const tenant of tenants) enforcers.set(tenant.id, await casbinOf([tenant]));
  return (question) => enforcers.get(question.tenant)?.(question) ?? false;
});
