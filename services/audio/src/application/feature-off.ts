import { callerFaultWith, type BailiwickError } from '#infra/kernel/errors.ts';

/** What a guild does not have (policies/features.ts), whatever the policy allows: feature.off (403). */
export const featureOff = (): BailiwickError =>
  callerFaultWith({}, 'feature.off', 'This has been switched off for this server.', 403);
