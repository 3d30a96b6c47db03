import { createHash } from 'node:crypto';
import process from 'node:process';
import { thisMachine } from '#infra/leases/replica-settings.ts';
import { grantedServices } from '#security/identity/spiffe.ts';
import type { SharingPart } from '#infra/shared-state/shared-names.ts';
import { deriveKey } from '#security/keyring/keyring-file.ts';
import { sealingKeyOf } from '#security/keyring/sealed-node.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { KeysSettings } from '#security/keyring/open-custodian.ts';
import type { ProcessSpec } from './child.ts';
import type { DatabaseRole, UrlOf } from './database.ts';
import { platformApplication, redirectUriOf, signInAtDiscord } from './discord-sign-in.ts';
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
    discordEdges(options, settings),
    [...gatewayProxies(options, settings), ...sandbox],
    tokenServices(options, awaited, settings),
  ];
}

const spec = (name: string, entry: string, settings: () => Promise<object>): ProcessSpec => ({ name, entry, settings });

type SharedSettings = ReturnType<typeof sharedSettings>;

/** Each process of a kind, by the name of its port, with what its name ends in. */
const eachOf = ({ plan }: PlatformOptions, port: PortName): readonly (readonly [PortName, '' | '-2'])[] => {
  const second = plan.second(port);
  return [[port, ''], ...(second ? [[second, '-2'] as const] : [])];
};

/** Settings that several processes have, each with its own values. */
function sharedSettings(options: PlatformOptions, awaited: Awaited) {
  const { plan, installation, logLevel } = options;
  const { enrolments } = awaited;
  const url = (name: PortName) => `https://${host}:${plan.ports[name]}`;
  /** Where any of these processes can be asked. */
  const addresses = (name: PortName) => {
    const second = plan.second(name);
    return { url: url(name), alternatives: second ? [url(second)] : [] };
  };
  const base = (name: PortName) => ({
    installation,
    logLevel,
    listen: { host, port: plan.ports[name] },
    ops: { host, port: plan.ops(name) },
  });
  const identity = async (service: string) => ({
    identity: {
      ...addresses('token-service'),
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
  return { addresses, base, identity, database, keys, tenantKeys, proxy: { proxy: addresses('proxy') } };
}

const tokenServices = (
  options: PlatformOptions,
  { enrolments }: Awaited,
  { base, database, keys }: SharedSettings,
): ProcessSpec[] =>
  eachOf(options, 'token-service').map(([port, ending]) => ({
    ...spec(`token-service${ending}`, 'security/identity/token-service/main.ts', async () => ({
      ...base(port),
      ...(await database('identity', 4)),
      ...keys('token-service'),
      ...(options.certificateSec === undefined ? {} : { lifetimes: { certificateSec: options.certificateSec } }),
    })),
    ipc: {
      started: (child) => enrolments.started(child),
      message: (message) => enrolments.received(message),
    },
  }));

/** What replicas have to know together is in the installation's database, unless Redis is named. */
const sharedState = (
  { redis, plan }: PlatformOptions,
  part: SharingPart,
  { database }: { readonly database: { readonly url: string } },
) => redis?.[part] ?? (plan.replicas === 1 ? { kind: 'memory' } : { kind: 'postgres', url: database.url });

const gatewayProxies = (
  options: PlatformOptions,
  { addresses, base, identity, database }: SharedSettings,
): ProcessSpec[] => {
  const { outside, publicListen } = options;
  const each = eachOf(options, 'proxy');
  const isOne = each.length === 1;
  return each.map(([port, ending]) =>
    spec(`gateway-proxy${ending}`, 'gateway-proxy/proxy/main.ts', async () => {
      const stored = await database('proxy', 4);
      return {
        ...base(port),
        ...(await identity('gateway-proxy')),
        ...stored,
        public: { ...publicListen, shared: !isOne },
        upstreams: Object.fromEntries(grantedServices.map((name) => [name, addresses(name)])),
        lavalink: {
          nodes: outside.lavalinkNodes.map(({ id, url, password, trustPem }) => ({
            id,
            url,
            password,
            ...(trustPem === undefined ? {} : { trustPem }),
          })),
          openingKeyBase64: nodeKeyOf(options),
        },
        sharedState: sharedState(options, 'gateway-proxy', stored),
      };
    }),
  );
};

/** Opens what is stored of the Lavalink nodes that operators add; the api has only the public one. */
const nodeKeyOf = ({ rootKey }: PlatformOptions): string =>
  deriveKey(rootKey, 'gateway-proxy/nodes').toString('base64');

/** Each has a machine of its own as far as leases are concerned, so that a tenant can be moved from one to the other. */
const replicaOf = (index: number, of: number) => ({
  number: index + 1,
  of,
  machine: index === 0 ? thisMachine() : `${thisMachine()}-${index + 1}`,
});

/** They share the tenants' sessions. */
function discordEdges(
  options: PlatformOptions,
  { base, identity, database, tenantKeys }: SharedSettings,
): ProcessSpec[] {
  const { outside, plan } = options;
  const names = ['discord-edge', 'discord-edge-2'] as const;
  return names.slice(0, plan.replicas).map((name, index) =>
    spec(name, 'gateway-proxy/discord-edge/main.ts', async () => {
      const stored = await database('edge', 4);
      return {
        replica: replicaOf(index, plan.replicas),
        ...base(name),
        ...(await identity('discord-edge')),
        ...stored,
        sharedState: sharedState(options, 'discord-edge', stored),
        ...tenantKeys('discord-edge'),
        discord: {
          apiUrl: outside.discordApiUrl,
          ...(outside.discordTrustPem ? { trustPem: outside.discordTrustPem } : {}),
        },
      };
    }),
  );
}

/** They stop first: everything that they use is still there. */
const services = (options: PlatformOptions, awaited: Awaited, settings: SharedSettings): readonly ProcessSpec[] => {
  const { base, identity, database, keys, proxy } = settings;
  return [
    ...audios(options, settings),
    ...apis(options, awaited, settings),
    ...eachOf(options, 'worker').map(([port, ending]) =>
      spec(`worker${ending}`, 'services/worker/src/main.ts', async () => ({
        ...base(port),
        ...(await identity('worker')),
        ...proxy,
        ...(await database('worker', 4)),
        ...keys('worker'),
        ...(options.webhooks ? { webhooks: options.webhooks } : {}),
        ...(options.kafka ? { events: options.kafka } : {}),
      })),
    ),
    ...supervisors(options, awaited, settings),
  ];
};

/** They share the tenants' players. */
function audios(
  { outside, plan: { replicas }, redis }: PlatformOptions,
  { base, identity, database, tenantKeys, proxy }: SharedSettings,
): ProcessSpec[] {
  const names = ['audio', 'audio-2'] as const;
  return names.slice(0, replicas).map((name, index) =>
    spec(name, 'services/audio/src/main.ts', async () => ({
      replica: replicaOf(index, replicas),
      ...base(name),
      ...(await identity('audio')),
      ...proxy,
      ...(await database('audio', 4)),
      ...tenantKeys('audio'),
      lavalink: { nodes: outside.lavalinkNodes.map(({ id, regions = [] }) => ({ id, regions })) },
      ...(redis ? { secondLevel: redis.audio } : {}),
      searchSource: outside.searchSource,
      allowedHosts: outside.allowedHosts,
    })),
  );
}

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
      replica: replicaOf(index, replicas),
      bots: { bundleFile: await awaited.bundleFile, users: { first: botUsers.first + index * count, count } },
      ...base(name),
      ...(await identity('supervisor')),
      ...proxy,
      ...(await database('supervisor', 3)),
    })),
  );
}

function apis(
  options: PlatformOptions,
  awaited: Awaited,
  { base, identity, database, keys, proxy }: SharedSettings,
): ProcessSpec[] {
  const { plan, outside } = options;
  const signIn = {
    tokenSha256Base64: createHash('sha256').update(awaited.operatorSignIn).digest('base64'),
    expiresAtMs: Date.now() + signInLifetimeMs,
  };
  const application = platformApplication(options);
  const each = eachOf(options, 'api');
  const settingsFor = async (port: PortName, stored: { readonly database: { readonly url: string } }) => ({
    replicas: each.length,
    ...base(port),
    ...(await identity('api')),
    ...proxy,
    ...stored,
    sharedState: sharedState(options, 'api', stored),
    publicUrl: options.publicUrl,
    processes: plan.processes.map(([name, port]) => ({ name, url: `http://${host}:${plan.ops(port)}` })),
    ...(outside.probeQuery === undefined ? {} : { probeQuery: outside.probeQuery }),
    portal: { folder: await awaited.portalFolder },
    developerPortal: developerPortalOf(outside.discordApiUrl),
    operatorSignIn: signIn,
    operators: outside.operators ?? [],
    lavalink: {
      nodes: outside.lavalinkNodes.map(({ id, regions = [] }) => ({ id, regions })),
      sealingKeyBase64: sealingKeyOf(nodeKeyOf(options)),
    },
    // Protected by the folder's permissions, which Windows does not have. One of them is enough.
    ...(process.platform === 'win32' || port !== 'api' ? {} : { operatorSocket: options.folder.operatorSocket }),
    ...keys('api'),
    custodian: options.vault ? { kind: 'vault' } : { kind: 'file', sealedBy: options.sealedBy },
    discordApiUrl: outside.discordApiUrl,
    ...(application ? { discordSignIn: signInAtDiscord(options, application) } : {}),
  });
  return each.map(([port, ending]) =>
    spec(`api${ending}`, 'services/api/src/main.ts', async () => settingsFor(port, await database('api', 4))),
  );
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

/** Discord's, and the sandbox's at the same path. */
function developerPortalOf(discordApiUrl: string) {
  const { href: url, hostname } = new URL('/developers/applications', discordApiUrl);
  return { url, sandbox: hostname !== 'discord.com' };
}
