import { hash } from 'node:crypto';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { SharedKey } from './shared-state.ts';

/** What all keys of an installation start with; the rights of its users at Redis end there. */
const prefixOf = (installation: InstallationId): string => `bailiwick:${installation}:`;

/** `bailiwick:<installation>:<tenant or platform>:<digest>`. Of a fixed length, whatever the name. */
export const sharedName = (installation: InstallationId, { tenant, name }: SharedKey): string =>
  `${prefixOf(installation)}${tenant ?? 'platform'}:${hash('sha256', name, 'base64url')}`;
