import { addressOf } from '#policies/addresses.ts';
import { serverPolicySchema } from '#services/contracts/server-policy.ts';
import type { PolicyPort } from '../application/policy-port.ts';
import { parseAnswer } from './audio-call.ts';
import type { ProxyClient } from './proxy-client.ts';

const path = '/v1/tenants/:tenant/guilds/:guild/bot/policy';

/** The api's routes for members' policies (policies/routes.ts) as the port of the use cases. */
export function createPolicyClient({
  proxy,
  tenant,
}: {
  readonly proxy: ProxyClient;
  readonly tenant: string;
}): PolicyPort {
  return {
    async show({ guild, transaction }) {
      const address = addressOf('api', `GET ${path}`, { tenant, guild });
      return parseAnswer(await proxy.request({ ...address, transaction }), serverPolicySchema);
    },
    async change({ guild, transaction }, body) {
      const address = addressOf('api', `POST ${path}/change`, { tenant, guild });
      return parseAnswer(await proxy.request({ ...address, transaction, body }), serverPolicySchema);
    },
  };
}
