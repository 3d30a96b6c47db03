import { hash } from 'node:crypto';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { SharedKey } from './shared-state.ts';

/** The parts whose replicas share something; each has a user of its own, and sees only its own keys. */
export const sharingParts = ['gateway-proxy', 'discord-edge', 'api', 'audio'] as const;
export type SharingPart = (typeof sharingParts)[number];

/** Whose keys these are. */
export interface NameOwner {
  readonly installation: InstallationId;
  readonly part: SharingPart;
}

/**
 * `bailiwick:<installation>:<part>:{<tenant or platform>}:<digest>`. Of a fixed length, whatever the name. A Redis
 * Cluster places a key by what is in braces (Redis: Cluster specification, hash tags), so all keys of a tenant are at one
 * server.
 */
export const sharedName = ({ installation, part }: NameOwner, { tenant, name }: SharedKey): string =>
  `bailiwick:${installation}:${part}:{${tenant ?? 'platform'}}:${hash('sha256', name, 'base64url')}`;
