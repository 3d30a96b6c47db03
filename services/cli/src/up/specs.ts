import { createHash } from 'node:crypto';
import process from 'node:process';
import { grantedServices } from '#security/identity/spiffe.ts';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { KeysSettings } from '#security/keyring/open-custodian.ts';
import type { ProcessSpec } from './child.ts';
import type { DatabaseRole, UrlOf } from './database.ts';
import type { Enrolments } from './enrolments.ts';
import { keysOf } from './key-settings.ts';
import type { PlatformOptions } from './options.ts';
import type { PortName } from './ports.ts';

const host = '127.0.0.1';
const signInLifetimeMs = 60 * 60_000;

/** What the settings of the processes wait for. */
export interface Awaited {
  readonly enrolments: Enrolments;
  readonly databaseUrl: Promise<UrlOf>;
  /** The single file that a bot consists of. */
  readonly bundleFile: Promise<string>;
  /** Where the portal's built files are. */
  readonly portalFolder: Promise<string>;
  /** The one-time operator sign-in that is shown at the end of the start. */
  readonly operatorSignIn: string;
}

/**
 * Every process of the platform with its settings: the only place that decides which process knows what. Rows are in
 * stop order, the processes of a row stopping together, so that each stops while what it still talks to is there. They
 * start in no particular order, since each waits for what it needs.
 */
export type Specs = readonly (readonly ProcessSpec[])[];

export function createSpecs(options: PlatformOptions, awaited: Awaited): Specs {
  const settings = sharedSettings(options, awaited);
  const sandbox = options.sandbox ? [sandboxSpec(options)] : [];
  return [
    services(options, awaited, settings),
    [discordEdge(options, settings)],
    [gatewayProxy(options, settings), ...sandbox],
    [tokenService(options, awaited, settings)],
  ];
}

const spec = (name: string, entry: string, settings: () => Promise<object>): ProcessSpec => ({ name, entry, settings });

type SharedSettings = ReturnType<typeof sharedSettings>;

/** Settings that several processes have, each with its own values. */
function sharedSettings(options: PlatformOptions, awaited: Awaited) {
  const { plan, installation, logLevel } = options;
  const { enrolments } = awaited;
  const url = (name: PortName) => `https://${host}:${plan.ports[name]}`;
  const base = (name: PortName) => ({
    installation,
    logLevel,
    listen: { host, port: plan.ports[name] },
    ops: { host, port: plan.ops(name) },
  });
  const identity = async (service: string) => ({
    identity: {
      url: url('token-service'),
      trustBundlePem: await enrolments.trustBundlePem,
      enrolment: await enrolments.issue(service),
    },
  });
  const database = async (role: DatabaseRole, maxConnections: number) => ({
    database: { url: (await awaited.databaseUrl)(role), maxConnections },
  });
  const keys = (part: KeyKeeper): { keys: KeysSettings } => ({ keys: keysOf(options, part) });
  /** Of the parts that also use keys of the tenants' own. */
  const tenantKeys = (part: KeyKeeper) => ({
    ...keys(part),
    ...(options.externalKeys ? { externalKeys: options.externalKeys } : {}),
  });
  return { url, base, identity, database, keys, tenantKeys, proxy: { proxy: { url: url('proxy') } } };
}

const tokenService = (
  { certificateSec }: PlatformOptions,
  { enrolments }: Awaited,
  { base, database, keys }: SharedSettings,
): ProcessSpec => ({
  ...spec('token-service', 'security/identity/token-service/main.ts', async () => ({
    ...base('token-service'),
    ...(await database('identity', 4)),
    ...keys('token-service'),
    ...(certificateSec === undefined ? {} : { lifetimes: { certificateSec } }),
  })),
  ipc: {
    started: (child) => enrolments.started(child),
    message: (message) => enrolments.received(message),
  },
});

const gatewayProxy = (
  { outside, publicListen, sharedState }: PlatformOptions,
  { url, base, identity, database }: SharedSettings,
): ProcessSpec =>
  spec('gateway-proxy', 'gateway-proxy/proxy/main.ts', async () => ({
    ...base('proxy'),
    ...(await identity('gateway-proxy')),
    ...(await database('proxy', 4)),
    public: publicListen,
    upstreams: Object.fromEntries(grantedServices.map((name) => [name, { url: url(name) }])),
    lavalink: { nodes: outside.lavalinkNodes },
    ...(sharedState ? { sharedState } : {}),
  }));

const discordEdge = (
  { outside }: PlatformOptions,
  { base, identity, database, tenantKeys }: SharedSettings,
): ProcessSpec =>
  spec('discord-edge', 'gateway-proxy/discord-edge/main.ts', async () => ({
    ...base('discord-edge'),
    ...(await identity('discord-edge')),
    ...(await database('edge', 4)),
    ...tenantKeys('discord-edge'),
    discord: {
      apiUrl: outside.discordApiUrl,
      ...(outside.discordTrustPem ? { trustPem: outside.discordTrustPem } : {}),
    },
  }));

/** They stop first: everything that they use is still there. */
const services = (options: PlatformOptions, awaited: Awaited, settings: SharedSettings): readonly ProcessSpec[] => {
  const { base, identity, database, keys, tenantKeys, proxy } = settings;
  const { outside } = options;
  return [
    spec('audio', 'services/audio/src/main.ts', async () => ({
      ...base('audio'),
      ...(await identity('audio')),
      ...proxy,
      ...(await database('audio', 4)),
      ...tenantKeys('audio'),
      lavalink: { nodes: outside.lavalinkNodes.map(({ id }) => ({ id })) },
      searchSource: outside.searchSource,
      allowedHosts: outside.allowedHosts,
    })),
    apiSpec(options, awaited, settings),
    spec('worker', 'services/worker/src/main.ts', async () => ({
      ...base('worker'),
      ...(await identity('worker')),
      ...proxy,
      ...(await database('worker', 4)),
      ...keys('worker'),
    })),
    ...supervisors(options, awaited, settings),
  ];
};

/** User ids of bots that no other program uses. */
const botUsers = { first: 42_000, count: 10_000 };

/** They share the bots, and the users that bots run as: no two bots of a machine have the same. */
function supervisors(
  { plan: { replicas } }: PlatformOptions,
  awaited: Awaited,
  { base, identity, database, proxy }: SharedSettings,
): ProcessSpec[] {
  const count = Math.floor(botUsers.count / replicas);
  const names = ['supervisor', 'supervisor-2'] as const;
  return names.slice(0, replicas).map((name, index) =>
    spec(name, 'tenants/supervisor/main.ts', async () => ({
      replica: { number: index + 1, of: replicas },
      bots: { bundleFile: await awaited.bundleFile, users: { first: botUsers.first + index * count, count } },
      ...base(name),
      ...(await identity('supervisor')),
      ...proxy,
      ...(await database('supervisor', 3)),
    })),
  );
}

function apiSpec(
  options: PlatformOptions,
  awaited: Awaited,
  { base, identity, database, keys, proxy }: SharedSettings,
): ProcessSpec {
  const { plan, outside } = options;
  const signIn = {
    tokenSha256Base64: createHash('sha256').update(awaited.operatorSignIn).digest('base64'),
    expiresAtMs: Date.now() + signInLifetimeMs,
  };
  const application = platformApplication(options);
  return spec('api', 'services/api/src/main.ts', async () => ({
    ...base('api'),
    ...(await identity('api')),
    ...proxy,
    ...(await database('api', 4)),
    publicUrl: options.publicUrl,
    processes: plan.processes.map(([name, port]) => ({ name, url: `http://${host}:${plan.ops(port)}` })),
    ...(outside.probeQuery === undefined ? {} : { probeQuery: outside.probeQuery }),
    portal: { folder: await awaited.portalFolder },
    developerPortal: developerPortalOf(outside.discordApiUrl),
    operatorSignIn: signIn,
    operators: outside.operators ?? [],
    // Protected by the folder's permissions, which Windows does not have.
    ...(process.platform === 'win32' ? {} : { operatorSocket: options.folder.operatorSocket }),
    ...keys('api'),
    sessionKeyBase64: deriveKey(options.rootKey, 'api/sessions').toString('base64'),
    custodian: options.vault ? { kind: 'vault' } : { kind: 'file', sealedBy: options.sealedBy },
    discordApiUrl: outside.discordApiUrl,
    ...(application ? { discordSignIn: signInAtDiscord(options, application) } : {}),
  }));
}

const sandboxSpec = (options: PlatformOptions): ProcessSpec =>
  spec('sandbox', 'test/sandbox/main.ts', async () => ({
    host,
    discordPort: options.plan.ports['sandbox-discord'],
    lavalinkPort: options.plan.ports['sandbox-lavalink'],
    lavalinkPassword: options.outside.lavalinkNodes[0]?.password,
    stateFile: options.folder.sandboxState,
    signInApplication: {
      name: 'Bailiwick',
      ...platformApplication(options),
      redirectUris: [redirectUriOf(options)],
    },
  }));

/** With which people sign in at Discord. */
const platformApplication = (options: PlatformOptions) =>
  options.sandbox ? sandboxApplication(options) : options.outside.platformApplication;

/** Discord's, and the sandbox's at the same path. */
function developerPortalOf(discordApiUrl: string) {
  const { href: url, hostname } = new URL('/developers/applications', discordApiUrl);
  return { url, sandbox: hostname !== 'discord.com' };
}

const redirectUriOf = ({ publicUrl }: PlatformOptions): string => `${publicUrl}/v1/auth/discord/callback`;

/** The platform's own application in the sandbox's Discord, which creates it with these values. */
const sandboxApplication = ({ rootKey }: PlatformOptions) => ({
  clientId: '1000000000000000001',
  clientSecret: deriveKey(rootKey, 'discord-sign-in/sandbox').toString('base64url'),
});

/** https://discord.com/developers/docs/topics/oauth2#shared-resources-oauth2-urls */
function signInAtDiscord(options: PlatformOptions, application: { clientId: string; clientSecret: string }) {
  const { discordApiUrl, discordTrustPem } = options.outside;
  return {
    authorizeUrl: new URL('/oauth2/authorize', discordApiUrl).href,
    tokenUrl: `${discordApiUrl}/v10/oauth2/token`,
    userUrl: `${discordApiUrl}/v10/users/@me`,
    ...application,
    redirectUri: redirectUriOf(options),
    ...(discordTrustPem ? { trustPem: discordTrustPem } : {}),
  };
}
