import { constants, copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { httpsOrLocalUrlSchema, httpsUrlSchema } from '#infra/config/urls.ts';
import { trustedProxiesSchema, type PublicListen } from '#infra/http/client-address.ts';
import { BailiwickError, callerFault, type Fault } from '#infra/kernel/errors.ts';
import { countOf, faultsOf } from '#infra/kernel/faults.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import { voiceRegionsSchema } from '#infra/nodes/lavalink-node.ts';
import { externalKeysSettingsSchema, type ExternalKeysSettings } from '#security/keyring/external/settings.ts';
import { webhookSettingsSchema, type WebhookSettings } from '#services/contracts/webhook-settings.ts';
import { filesOfKeys, liveKeysSchema, probeVault, vaultOf } from './live-keys.ts';
import { filesOfEvents, kafkaOf, liveEventsSchema, probeEvents, secretFilesOfEvents } from './live-events.ts';
import {
  filesOfSharedState,
  liveSharedStateSchema,
  passwordFilesOf,
  redisOf,
  type RedisOfParts,
} from './live-shared-state.ts';
import type { Outside, VaultOfInstallation } from './options.ts';
import { probeDiscord, probeLavalink } from './probe-outside.ts';
import { probeRedis } from './probe-redis.ts';

const file = z.string().min(1);

const liveSettingsSchema = z.strictObject({
  publicUrl: httpsUrlSchema,
  listen: z.strictObject({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535),
    trustedProxies: trustedProxiesSchema.default(['loopback']),
  }),
  discord: z.strictObject({
    apiUrl: httpsUrlSchema,
    trustFile: file.optional(),
    signIn: z
      .strictObject({
        clientId: z.string().regex(/^\d{17,20}$/, "must be your application's id, in quotes"),
        clientSecretFile: file,
      })
      .optional(),
  }),
  lavalink: z.strictObject({
    nodes: z
      .array(
        z.strictObject({
          id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits, dashes'),
          url: httpsOrLocalUrlSchema,
          passwordFile: file,
          trustFile: file.optional(),
          regions: voiceRegionsSchema.optional(),
        }),
      )
      .min(1)
      .max(50),
  }),
  audio: z
    .strictObject({
      searchSource: z
        .string()
        .regex(/^[a-z]{2,20}$/)
        .default('ytsearch'),
      allowedHosts: z.array(z.string()).max(200).default([]),
      probeQuery: z.string().trim().min(1).max(500).optional(),
    })
    .prefault({}),
  operators: z
    .array(z.string().regex(/^\d{17,20}$/, "must be a person's Discord id, in quotes"))
    .max(100)
    .refine((ids) => new Set(ids).size === ids.length, 'must not name anybody twice')
    .default([]),
  keys: liveKeysSchema.default({ kind: 'file' }),
  externalKeys: externalKeysSettingsSchema.prefault({}),
  webhooks: webhookSettingsSchema.omit({ trustPem: true }).extend({ trustFile: file.optional() }).prefault({}),
  sharedState: liveSharedStateSchema.default({ kind: 'memory' }),
  events: liveEventsSchema.default({ carrier: 'postgres' }),
  databaseUrlFile: file.optional(),
});
type LiveDocument = z.infer<typeof liveSettingsSchema>;

/** What a start against the real Discord and Lavalink needs. */
export interface LiveSettings {
  /** Name of the installation: the public host. */
  readonly installation: string;
  readonly publicUrl: string;
  readonly listen: PublicListen;
  readonly outside: Outside;
  /** If it holds the keys. */
  readonly vault?: VaultOfInstallation;
  /** What tenants' own keys may be, and how they are checked. */
  readonly externalKeys: ExternalKeysSettings;
  /** Where tenants' events may be sent. */
  readonly webhooks: WebhookSettings;
  /** Where replicas keep what they share; by default in the database. */
  readonly redis?: RedisOfParts;
  /** What brings events to their consumers; by default the database. */
  readonly kafka?: KafkaSettings;
  readonly databaseUrl?: string;
}

const template = path.resolve(import.meta.dirname, '../../../../infra/deploy/local/live.yaml');
const maxBytes = 64 * 1024;

/**
 * Reads the settings of `--live` and checks that everything they refer to exists: all faults are reported in one list.
 * If there are no settings yet, the commented template is created in their place.
 * @throws BailiwickError live.created (fill it in), live.settings (faults by path), live.unreachable
 */
export async function readLiveSettings(settingsFile: string): Promise<LiveSettings> {
  const text = await readFile(settingsFile, 'utf8').catch(() => undefined);
  if (text === undefined) {
    await copyFile(template, settingsFile, constants.COPYFILE_EXCL);
    throw callerFault('live.created', `${settingsFile} was created for you: fill it in and start again.`);
  }
  const { settings, faults } = await lookAtLiveSettings(text, settingsFile);
  if (faults.length > 0) throw refused(settingsFile, faults);
  return settings;
}

/** The settings, and the faults of what they refer to; without faults they are good to start with. */
export interface LiveLook {
  readonly settings: LiveSettings;
  readonly faults: readonly Fault[];
}

/**
 * Checks everything that the settings refer to: that each file exists, and that the right server is at each address.
 * @throws BailiwickError live.settings, if they are not valid settings
 */
export async function lookAtLiveSettings(text: string, settingsFile: string): Promise<LiveLook> {
  const document = parseDocument(text, settingsFile);
  const missing: Fault[] = [];
  const files = await readFiles(document, path.dirname(settingsFile), missing);
  return { settings: settingsOf(document, files), faults: [...missing, ...(await probeAll(document, files, missing))] };
}

/** The files with secrets that the settings name, as they name them; none if the settings cannot be read. */
export function secretFilesOf(text: string): string[] {
  try {
    const { discord, lavalink, keys, sharedState, events, databaseUrlFile } = liveSettingsSchema.parse(
      parse(text, { maxAliasCount: 20 }),
    );
    const nodes = lavalink.nodes.map(({ passwordFile }) => passwordFile);
    const roles =
      keys.kind === 'vault' ? Object.values(keys.appRoles ?? {}).map(({ secretIdFile }) => secretIdFile) : [];
    const redis = passwordFilesOf(sharedState).map(([, name]) => name);
    return [
      discord.signIn?.clientSecretFile,
      databaseUrlFile,
      ...redis,
      ...secretFilesOfEvents(events),
      ...nodes,
      ...roles,
    ].flatMap((file) => file ?? []);
  } catch {
    return [];
  }
}

function parseDocument(text: string, settingsFile: string): LiveDocument {
  if (text.length > maxBytes) throw callerFault('live.settings', `${settingsFile} is larger than ${maxBytes} bytes.`);
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 20 });
  } catch (error) {
    // The library's own message shows the position over several lines; the first has the reason.
    const [why = 'unknown'] = (error instanceof Error ? error.message : '').split('\n', 1);
    throw callerFault(
      'live.settings',
      `${settingsFile} is not YAML: ${why.replace(/:$/, '')}. Correct it and start again.`,
    );
  }
  const parsed = liveSettingsSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw refused(settingsFile, faultsOf(parsed.error.issues.map(missingWhereEmpty(document))));
}

/** A YAML key without a value is null; reported as missing, since the value's own message would be about its format. */
const missingWhereEmpty =
  (document: unknown) =>
  (issue: z.core.$ZodIssue): z.core.$ZodIssue =>
    isEmptyAt(document, issue.path) ? { ...issue, message: 'is missing' } : issue;

function isEmptyAt(document: unknown, path: readonly PropertyKey[]): boolean {
  const value = path.reduce<unknown>(
    (inner, part) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, part) : undefined),
    document,
  );
  return value === undefined || value === null;
}

const refused = (settingsFile: string, faults: readonly Fault[]): BailiwickError =>
  callerFault('live.settings', `${settingsFile}: ${countOf(faults)} to correct:`, 400, faults);

type FileContents = ReadonlyMap<string, string>;

/** Reads every file that the settings name, keyed by the path of the setting. */
async function readFiles(document: LiveDocument, folder: string, faults: Fault[]): Promise<FileContents> {
  const named: [string, string | undefined][] = [
    ['/discord/trustFile', document.discord.trustFile],
    ['/discord/signIn/clientSecretFile', document.discord.signIn?.clientSecretFile],
    ['/databaseUrlFile', document.databaseUrlFile],
    ['/webhooks/trustFile', document.webhooks.trustFile],
    ...filesOfKeys(document.keys),
    ...filesOfSharedState(document.sharedState),
    ...filesOfEvents(document.events),
    ...document.lavalink.nodes.flatMap((node, index): [string, string | undefined][] => [
      [`/lavalink/nodes/${index}/passwordFile`, node.passwordFile],
      [`/lavalink/nodes/${index}/trustFile`, node.trustFile],
    ]),
  ];
  const contents = new Map<string, string>();
  for (const [at, name] of named) {
    if (name === undefined) continue;
    const content = (await readFile(path.resolve(folder, name), 'utf8').catch(() => '')).trim();
    if (content.length === 0) faults.push({ at, message: `${name} cannot be read or is empty` });
    else contents.set(at, content);
  }
  return contents;
}

/** Checks Discord, each Lavalink node, Vault, Redis and Kafka, all at once, as far as the files they need exist. */
async function probeAll(document: LiveDocument, files: FileContents, missing: readonly Fault[]): Promise<Fault[]> {
  const askable = (location: string) => !missing.some(({ at }) => at.startsWith(location));
  const vault = vaultOf(document.keys, files);
  const redis = redisOf(document.sharedState, files);
  const kafka = kafkaOf(document.events, files);
  const checks = [
    ...(askable('/discord/trustFile') ? [probeDiscord(document.discord.apiUrl, files.get('/discord/trustFile'))] : []),
    ...(vault && askable('/keys/') ? [probeVault(vault)] : []),
    ...(redis && askable('/sharedState/') ? [probeRedis(redis, installationOf(document))] : []),
    ...(kafka && askable('/events/') ? [probeEvents(kafka, installationOf(document))] : []),
    ...document.lavalink.nodes.flatMap(({ url }, index) => {
      const at = `/lavalink/nodes/${index}`;
      const of = (name: string) => files.get(`${at}/${name}`);
      return askable(`${at}/`) ? [probeLavalink(url, at, of('passwordFile') ?? '', of('trustFile'))] : [];
    }),
  ];
  return (await Promise.all(checks)).flatMap((fault) => fault ?? []);
}

const installationOf = ({ publicUrl }: LiveDocument): string => new URL(publicUrl).hostname;

function settingsOf(document: LiveDocument, files: FileContents): LiveSettings {
  const trust = (at: string) => (files.has(at) ? { trustPem: files.get(at) as string } : {});
  const discordTrust = files.get('/discord/trustFile');
  const databaseUrl = files.get('/databaseUrlFile');
  const clientSecret = files.get('/discord/signIn/clientSecretFile');
  const vault = vaultOf(document.keys, files);
  const redis = redisOf(document.sharedState, files);
  const kafka = kafkaOf(document.events, files);
  const clientId = document.discord.signIn?.clientId;
  return {
    installation: installationOf(document),
    publicUrl: document.publicUrl,
    listen: document.listen,
    outside: {
      discordApiUrl: document.discord.apiUrl,
      ...(discordTrust === undefined ? {} : { discordTrustPem: discordTrust }),
      ...(clientId && clientSecret ? { platformApplication: { clientId, clientSecret } } : {}),
      lavalinkNodes: document.lavalink.nodes.map(({ id, url, regions }, index) => ({
        id,
        url,
        ...(regions === undefined ? {} : { regions }),
        password: files.get(`/lavalink/nodes/${index}/passwordFile`) ?? '',
        ...trust(`/lavalink/nodes/${index}/trustFile`),
      })),
      operators: document.operators,
      allowedHosts: document.audio.allowedHosts,
      searchSource: document.audio.searchSource,
      ...(document.audio.probeQuery === undefined ? {} : { probeQuery: document.audio.probeQuery }),
    },
    ...(vault === undefined ? {} : { vault }),
    externalKeys: document.externalKeys,
    webhooks: { privateHosts: document.webhooks.privateHosts, ...trust('/webhooks/trustFile') },
    ...(redis === undefined ? {} : { redis }),
    ...(kafka === undefined ? {} : { kafka }),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  };
}
