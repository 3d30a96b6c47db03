import { snowflake, tenantId } from '#infra/kernel/ids.ts';
import type { Peer } from '#security/identity/peer.ts';
import { bot, service, spiffeId, type ServiceName, type Workload } from '#security/identity/spiffe.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { Exchange, type Admitted } from '../exchange/exchange.ts';
import type { Found } from '../exchange/facts.ts';
import { routes } from '../routes/routes.ts';

export const tenantA = tenantId('ten_01h2xcejqtf2nbrexx3vqjhp41');
export const tenantB = tenantId('ten_01h2xcejqtf2nbrexx3vqjhp42');
export const guildOne = snowflake('80351110224678912');
export const guildTwo = snowflake('80351110224678913');
export const installation = installationId('test');

export const peerOf = (workload: Workload): Peer => ({
  workload,
  spiffeId: spiffeId(installation, workload),
  thumbprint: 'x'.repeat(43),
  issuedAtMs: 0,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
});
export const botOf = (tenant: typeof tenantA): Workload => bot(tenant);
export const serviceOf = (name: ServiceName): Workload => service(name);

/** An exchange as it is once admitted, but with a decision only if `found` has one; for tests of single steps. */
export function exchangeFor(options: {
  readonly caller?: Workload;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly found?: Found;
}): Admitted {
  const { caller, method = 'GET', path, headers = {} } = options;
  const exchange = new Exchange(
    { method, url: path, httpVersion: '1.1', rawHeaders: Object.entries(headers).flat() },
    {
      requestId: 'req_01h2xcejqtf2nbrexx3vqjhp41',
      nowMs: 0,
      ...(caller ? { peer: peerOf(caller) } : {}),
      remoteAddress: '192.0.2.1',
    },
  );
  const match = routes.match(method, path, caller ? undefined : 'api');
  if (!match || !('route' in match)) throw new Error(`the test names no route: ${method} ${path}`);
  exchange.add({
    ...match,
    path,
    query: '',
    headers: new Map(Object.entries(headers)),
    caller: caller ?? { kind: 'public' },
    ...options.found,
  });
  return exchange as Admitted;
}

export const playerPath = (tenant: string, guild: string, rest = ''): string =>
  `/audio/v1/tenants/${tenant}/guilds/${guild}/player${rest}`;
