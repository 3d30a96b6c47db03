import type { KeyObject } from 'node:crypto';
import type { PublicListen } from '#infra/http/client-address.ts';
import type { KeyKeeper } from '#security/keyring/custodian-owner.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import type { ExternalKeysSettings } from '#security/keyring/external/settings.ts';
import type { WebhookSettings } from '#services/contracts/webhook-settings.ts';
import type { VaultSettings, VaultSignIn } from '#security/keyring/vault/settings.ts';
import type { RedisOfParts } from './live-shared-state.ts';
import type { ChildEvents } from './child.ts';
import type { DataFolder } from './data-folder.ts';
import type { PortPlan } from './ports.ts';

/** Addresses of Discord and Lavalink: the sandbox's, or real ones from the settings of `--live`. */
export interface Outside {
  readonly discordApiUrl: string;
  readonly discordTrustPem?: string;
  /** The application that people sign in with; the sandbox creates its own. */
  readonly platformApplication?: { readonly clientId: string; readonly clientSecret: string };
  /** Discord ids of the operators. */
  readonly operators?: readonly string[];
  readonly lavalinkNodes: readonly {
    readonly id: string;
    readonly url: string;
    readonly password: string;
    readonly trustPem?: string;
    /** Voice regions that it is near to; any by default. */
    readonly regions?: readonly string[];
  }[];
  /** Hosts that members may play URLs from, in addition to the built-in list. */
  readonly allowedHosts: readonly string[];
  /** Prefix of text searches. */
  readonly searchSource: string;
  /** What a new bot plays to show that it can be heard. */
  readonly probeQuery?: string;
}

/** A Vault that holds the keys of every part, each of which has its own role there. */
export interface VaultOfInstallation extends Omit<VaultSettings, keyof VaultSignIn> {
  readonly signIns: Readonly<Record<KeyKeeper, VaultSignIn>>;
}

export interface PlatformOptions {
  readonly root: string;
  readonly installation: string;
  readonly folder: DataFolder;
  readonly plan: PortPlan;
  readonly rootKey: KeyObject;
  /** The one that it replaces, where there is one. */
  readonly earlierRootKey?: (() => Promise<KeyObject>) | undefined;
  /** What opens the keyring. */
  readonly sealedBy: 'key-file' | 'passphrase';
  readonly logLevel: string;
  /** How long certificates of processes are valid; an hour by default. */
  readonly certificateSec?: number;
  readonly sandbox: boolean;
  /** Where people reach the API and the portal from outside. */
  readonly publicUrl: string;
  readonly publicListen: PublicListen;
  readonly outside: Outside;
  /** By default the keys are files in the data folder. */
  readonly vault?: VaultOfInstallation;
  /** By default tenants' own Vaults have to be on the public internet. */
  readonly externalKeys?: ExternalKeysSettings;
  /** By default tenants' webhooks have to be on the public internet. */
  readonly webhooks?: WebhookSettings;
  /** Where replicas keep what they share; by default in the database. */
  readonly redis?: RedisOfParts;
  /** What brings events to their consumers; by default the database. */
  readonly kafka?: KafkaSettings;
  readonly databaseUrl?: string;
  /** Interrupts the start. */
  readonly signal: AbortSignal;
  readonly events: ChildEvents & { step(what: string): () => void };
}
