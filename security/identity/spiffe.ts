import { isTenantId, type InstallationId, type TenantId } from '#infra/kernel/ids.ts';

/** The parts of the platform that have an identity of their own; the closed list of names in a SPIFFE path. */
export const serviceNames = [
  'gateway-proxy',
  'discord-edge',
  'token-service',
  'api',
  'audio',
  'worker',
  'supervisor',
] as const;

export type ServiceName = (typeof serviceNames)[number];

/**
 * The services behind gateway-proxy, which accept nothing without its grant. The Lavalink nodes behind it know none.
 */
export const grantedServices = [
  'audio',
  'discord-edge',
  'supervisor',
  'api',
  'worker',
] as const satisfies readonly ServiceName[];
export type GrantedService = (typeof grantedServices)[number];

/**
 * The possible targets of a call token: a service, or the Lavalink nodes, which have no identity and are behind the
 * proxy.
 */
export type Audience = ServiceName | 'lavalink';

/** Everything that can call or be called: a service of the platform, or a tenant's bot. */
export type Workload =
  | { readonly kind: 'service'; readonly name: ServiceName }
  | { readonly kind: 'bot'; readonly tenant: TenantId };

/** Longer ids are refused unread; the SPIFFE limit is 2048 bytes (SPIFFE-ID.md, 2.3). */
const maxIdLength = 256;

export const isServiceName = (text: string): text is ServiceName => (serviceNames as readonly string[]).includes(text);
export const isAudience = (text: string): text is Audience => text === 'lavalink' || isServiceName(text);

/** Shorthand for the workload of a service. */
export const service = (name: ServiceName): Workload => ({ kind: 'service', name });
/** Shorthand for the workload of a tenant's bot. */
export const bot = (tenant: TenantId): Workload => ({ kind: 'bot', tenant });

/** The trust domain of every id of this installation; the audience of transaction tokens. */
export const trustDomain = (installation: InstallationId): string => `spiffe://${installation}`;

/** The one name of a workload in certificates and tokens (spiffe standards/SPIFFE-ID.md). */
export const spiffeId = (installation: InstallationId, workload: Workload): string =>
  workload.kind === 'service'
    ? `spiffe://${installation}/svc/${workload.name}`
    : `spiffe://${installation}/tenant/${workload.tenant}/bot`;

/** The `aud` of a call token for this target. */
export const audienceId = (installation: InstallationId, audience: Audience): string =>
  `spiffe://${installation}/svc/${audience}`;

/**
 * Parses an id of this installation; undefined for any other scheme, trust domain, case, encoding, query, extra segment
 * or unknown service name. The result is compared with the output of `spiffeId`, so that there is exactly one spelling.
 */
export function parseSpiffeId(text: string, installation: InstallationId): Workload | undefined {
  if (text.length > maxIdLength) return undefined;
  const workload = readPath(text.slice(trustDomain(installation).length).split('/'));
  return workload && spiffeId(installation, workload) === text ? workload : undefined;
}

function readPath(segments: readonly string[]): Workload | undefined {
  const [, kind = '', name = ''] = segments;
  if (kind === 'svc' && isServiceName(name)) return { kind: 'service', name };
  if (kind === 'tenant' && isTenantId(name)) return { kind: 'bot', tenant: name };
  return undefined;
}

/** True for the same service, or the bot of the same tenant. */
export const sameWorkload = (a: Workload, b: Workload): boolean =>
  a.kind === 'service' ? b.kind === 'service' && a.name === b.name : b.kind === 'bot' && a.tenant === b.tenant;
