import { z } from 'zod';
import { plainEvents } from '#infra/event-store/plain-events.ts';

/** A guild's policy has a new version; who wrote it, and what it says, is in the policy's own history. */
export const policyChangedSchema = z.object({ guild: z.string(), version: z.number().int() });

export const policyEvents = plainEvents({ PolicyChanged: { schema: policyChangedSchema, personal: [] } });

/** The stream of one guild's policy. */
export const policyStream = (guild: string): string => `guild-policy/${guild}`;
