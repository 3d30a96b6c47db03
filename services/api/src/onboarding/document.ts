import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { checkIds, checks, isCheckId, positionOf, type CheckId } from './checks.ts';

/** waiting: its turn has not come; needs-you: continues by itself once its owner has done what it says. */
export const checkStateSchema = z.enum(['waiting', 'running', 'passed', 'failed', 'needs-you']);

const namedSchema = z.object({ id: z.string(), name: z.string() });

/** What a check found, for display. */
const checkDataSchema = z
  .object({
    applicationId: z.string(),
    botUsername: z.string(),
    commands: z.array(z.string()),
    inviteUrl: z.string().nullable(),
    /** Servers that the bot is in, the first hundred; `count` is how many there are. */
    guilds: z.array(namedSchema.extend({ iconUrl: z.string().nullable().optional() })),
    count: z.number().int(),
    guild: namedSchema,
    voiceChannel: namedSchema,
    /** Permissions that the bot lacks there. */
    missing: z.array(z.string()),
  })
  .partial();
export type CheckData = z.infer<typeof checkDataSchema>;

const checkSchema = z.object({
  state: checkStateSchema,
  /** Stable code of a failure. */
  code: z.string().optional(),
  detail: z.string().optional(),
  fix: z.string().optional(),
  data: checkDataSchema.optional(),
});
export type Check = z.infer<typeof checkSchema>;

export const placeSchema = z.strictObject({ guild: snowflakeSchema, voiceChannel: snowflakeSchema });
export type SoundPlace = z.infer<typeof placeSchema>;

/** The stored form of an onboarding. It does not include the token, which is sealed at the edge, or nowhere. */
export const documentSchema = z.object({
  /** Whoever last requested something; the work is done with their permissions. */
  by: z.string(),
  checks: z.partialRecord(z.enum(checkIds as [CheckId, ...CheckId[]]), checkSchema),
  /** The voice channel that its owner chose; null leaves the choice to us. */
  place: placeSchema.nullable(),
  /** The voice channel of the sound check: chosen when the permissions are checked. */
  hearing: placeSchema.nullable(),
  inviteUrl: z.string().nullable(),
  /** All checks have passed once: from then on the tenant keeps its application. */
  worked: z.boolean(),
  /** The guild in which the bot joined voice for the check and has not left yet. */
  probing: snowflakeSchema.nullable(),
  /** The version of the document with which the current pass over the checks began; its workflow is named after it. */
  pass: z.number().int().default(0),
  /** The tenant had no token before this onboarding, which is about to store one, or did. */
  brought: z.boolean().default(false),
  /** An operator had it compensated: it is as if it had not begun. */
  compensated: z.boolean().default(false),
});
export type OnboardingDocument = z.infer<typeof documentSchema>;

export const begun = (by: string): OnboardingDocument => ({
  by,
  checks: {},
  place: null,
  hearing: null,
  inviteUrl: null,
  worked: false,
  probing: null,
  pass: 0,
  brought: false,
  compensated: false,
});

/** Where applications are created and get their tokens: Discord's own page, or the sandbox's. */
export const developerPortalSchema = z.strictObject({ url: z.url({ protocol: /^https?$/ }), sandbox: z.boolean() });
export type DeveloperPortal = z.infer<typeof developerPortalSchema>;

/** What people see; no checks before a token was pasted. */
export const onboardingSchema = z.object({
  checks: z.array(checkSchema.extend({ id: z.enum(checkIds as [CheckId, ...CheckId[]]), title: z.string() })),
  place: z.object({ guild: z.string(), voiceChannel: z.string() }).nullable(),
  done: z.boolean(),
  developerPortal: developerPortalSchema,
});
export type OnboardingView = z.infer<typeof onboardingSchema>;

export const checkIn = (document: OnboardingDocument, id: CheckId): Check =>
  document.checks[id] ?? { state: 'waiting' };

/** The first check that has not passed; undefined if all have. */
export const firstOpen = (document: OnboardingDocument): CheckId | undefined =>
  checkIds.find((id) => checkIn(document, id).state !== 'passed');

export const withCheck = (document: OnboardingDocument, id: CheckId, check: Check): OnboardingDocument => ({
  ...document,
  checks: { ...document.checks, [id]: check },
});

/** It was started, and nothing prevents it from continuing. */
export function isUnderway(document: OnboardingDocument): boolean {
  const states = checkIds.map((id) => checkIn(document, id).state);
  return !document.compensated && firstOpen(document) !== undefined && !states.includes('failed');
}

/** Discards the findings from this check on. */
export const from = (document: OnboardingDocument, id: CheckId): OnboardingDocument => ({
  ...document,
  checks: Object.fromEntries(
    Object.entries(document.checks).filter(([each]) => isCheckId(each) && positionOf(each) < positionOf(id)),
  ),
});

export function viewOf(document: OnboardingDocument | undefined, developerPortal: DeveloperPortal): OnboardingView {
  if (!document || document.compensated) return { checks: [], place: null, done: false, developerPortal };
  return {
    checks: checkIds.map((id) => ({ id, title: checks[id], ...checkIn(document, id) })),
    place: document.place,
    done: firstOpen(document) === undefined,
    developerPortal,
  };
}
