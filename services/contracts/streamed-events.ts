import type { z } from 'zod';
import { policyChangedSchema } from '#policies/policy-events.ts';
import { keyRotatedSchema } from '#security/keyring/key-events.ts';
import { credentialEventSchemas } from '#tenants/credential/credential-events.ts';
import { botFailedSchema } from '#tenants/instance-protocol/instance-events.ts';
import { tenantEventSchemas } from '#tenants/tenant/tenant-events.ts';
import { sessionEventSchemas } from './timeline.ts';

const { TrackStarted, TrackEnded } = sessionEventSchemas;

/**
 * What consumers get of the facts of each event; the rest is about people, and sealed. Others than the platform may read
 * these from Kafka: event-schemas has them as JSON Schemas, and a test refuses a change that breaks readers.
 */
export const streamedFacts = {
  TrackStarted,
  TrackEnded: TrackEnded.omit({ track: true }),
  PolicyChanged: policyChangedSchema,
  KeyRotated: keyRotatedSchema,
  BotFailed: botFailedSchema,
  TenantSuspended: tenantEventSchemas.TenantSuspended.pick({ suspendedAs: true }),
  CredentialRefused: credentialEventSchemas.CredentialRefused,
} as const satisfies Record<string, z.ZodType>;

/**
 * The topic of each: one for each kind of stream. infra/deploy/kafka/prepare.sh makes them, which a test compares.
 */
export const eventTopics: Readonly<Record<keyof typeof streamedFacts, string>> = {
  TrackStarted: 'music-session',
  TrackEnded: 'music-session',
  PolicyChanged: 'guild-policy',
  KeyRotated: 'key',
  BotFailed: 'instance',
  TenantSuspended: 'tenant',
  CredentialRefused: 'credential',
};
