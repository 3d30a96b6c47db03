import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import { ignoreLateTlsErrors } from './late-tls-errors.ts';
import type { RedisSettings } from './settings.ts';

const answerWithinMs = 500;
const connectWithinMs = 2_000;
/** A server that has not answered for this long is connected to anew. */
const silentForMs = 1_000;
const reconnect = { minMs: 50, maxMs: 1_000 };
const retry = (attempt: number) => backoffDelayMs(attempt, reconnect);
/** How often a cluster is asked which server has what; also whenever a server says that something has moved. */
const askForSlotsEveryMs = 2_000;

/** A client of one server, of whichever server the Sentinels call the master, or of a cluster. Connects by itself, again and again. */
export function connectRedis(settings: RedisSettings): Redis | Cluster {
  ignoreLateTlsErrors();
  const { url, sentinels, cluster } = settings;
  if (cluster) return connectCluster(settings, cluster.map(addressOf));
  if (sentinels) return connectMaster(settings, sentinels.map(addressOf));
  const { host, port } = addressOf(url ?? '');
  const options = everywhere(settings);
  return new Redis({ ...options, host, port, tls: { ...options.tls, servername: host }, retryStrategy: retry });
}

/**
 * An answer of a Sentinel may be old, so whoever it names has to say that it is a master (INFO). A master that Sentinels
 * make a replica closes all connections, so they need not be watched for announcements.
 */
function connectMaster(settings: RedisSettings, sentinels: { host: string; port: number }[]): Redis {
  const { master = '', sentinelUser, sentinelPassword } = settings;
  const options = everywhere(settings);
  return new Redis({
    ...options,
    sentinels,
    name: master,
    role: 'master',
    enableReadyCheck: true,
    enableTLSForSentinelMode: true,
    sentinelTLS: options.tls,
    ...(sentinelUser === undefined ? {} : { sentinelUsername: sentinelUser }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    sentinelCommandTimeout: answerWithinMs,
    sentinelRetryStrategy: retry,
    // Only those that the settings name.
    updateSentinels: false,
    retryStrategy: retry,
    // A former master, in case nobody announced that it is none any more. The command is not repeated.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  });
}

/** What a server refuses because a key is elsewhere was not done, and is sent there; nothing else is sent twice. */
function connectCluster(settings: RedisSettings, nodes: { host: string; port: number }[]): Cluster {
  const cluster = new Cluster(nodes, {
    redisOptions: everywhere(settings),
    // Certificates are for names.
    dnsLookup: (name, found) => found(null, name),
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRedirections: 4,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: answerWithinMs,
    slotsRefreshInterval: askForSlotsEveryMs,
    clusterRetryStrategy: retry,
  });
  // Otherwise a server is connected to by the first command for it, and further ones are refused until then.
  cluster.on('+node', (node: Redis) => {
    if (!node.options.readOnly && node.status === 'wait') node.connect().catch(() => undefined);
    // The library sends it before a command whose key is being moved, and nobody would hear that it failed: the command does.
    const asking = node.asking.bind(node);
    node.asking = async () => asking().catch(() => 'OK' as const);
  });
  return cluster;
}

function everywhere({ user, password, trustPem }: RedisSettings) {
  return {
    username: user,
    password,
    tls: { minVersion: 'TLSv1.2', ...(trustPem === undefined ? {} : { ca: trustPem }) },
    connectTimeout: connectWithinMs,
    commandTimeout: answerWithinMs,
    socketTimeout: silentForMs,
    // A command is sent now or never: nothing queues for a connection, and nothing is sent twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // These would need rights of their own: INFO, CLIENT.
    enableReadyCheck: false,
    disableClientInfo: true,
    protocol: 2,
  } as const satisfies RedisOptions;
}

function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 6379) };
}
