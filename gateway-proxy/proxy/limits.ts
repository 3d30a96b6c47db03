import { z } from 'zod';
import { Permits } from './permits.ts';
import { Slots } from './slots.ts';
import { RateLimiter } from './rate-limiter.ts';

const rateSchema = z.strictObject({ perSec: z.number().positive(), burst: z.number().int().min(1) });

/** How much anybody may use; defaults suit one machine. */
export const limitsSchema = z.strictObject({
  /** A tenant's calls from one class of caller, so that a bot's flood does not take its own voice away. */
  tenant: rateSchema.default({ perSec: 50, burst: 150 }),
  /** One workload's calls in all. */
  workload: rateSchema.default({ perSec: 1_000, burst: 2_000 }),
  /** One visitor's calls at the public listener: an IPv4 address, or a /64 of IPv6. */
  publicAddress: rateSchema.default({ perSec: 30, burst: 120 }),
  /** One workload's refused calls that get a record of their own; those above it are recorded as a number. */
  recordedDenials: rateSchema.default({ perSec: 5, burst: 50 }),
  /** One workload's refused calls; above it everything of it is refused unread for a while. */
  denials: rateSchema.default({ perSec: 100, burst: 500 }),
  /** Requests that wait for an answer. */
  inFlightPerTenant: z.number().int().min(1).default(32),
  inFlight: z.number().int().min(1).default(1_024),
  /** Those of the public listener, counted apart, so that they take no place from bots and services. */
  publicInFlight: z.number().int().min(1).default(512),
  /** Open streams of one action for one tenant: one, and those that are about to notice that they were replaced. */
  streamsPerTenant: z.number().int().min(1).default(4),
  streams: z.number().int().min(1).default(20_000),
  /**
   * Open streams of the public listener, from one visitor and in all; how many a person may have is the api's matter.
   */
  publicStreamsPerAddress: z.number().int().min(1).default(100),
  publicStreams: z.number().int().min(1).default(5_000),
});

export type LimitSettings = z.infer<typeof limitsSchema>;

const maxTenants = 50_000;
const maxAddresses = 100_000;

/** The counters of one proxy process. */
export interface Limits {
  readonly tenant: RateLimiter;
  readonly workload: RateLimiter;
  readonly publicAddress: RateLimiter;
  readonly recordedDenials: RateLimiter;
  readonly denials: RateLimiter;
  readonly inFlight: Permits;
  readonly publicInFlight: Slots;
  readonly streams: Permits;
  readonly publicStreams: Permits;
}

export const createLimits = (settings: LimitSettings): Limits => ({
  tenant: new RateLimiter(settings.tenant, maxTenants),
  workload: new RateLimiter(settings.workload, maxTenants),
  publicAddress: new RateLimiter(settings.publicAddress, maxAddresses),
  recordedDenials: new RateLimiter(settings.recordedDenials, maxTenants),
  denials: new RateLimiter(settings.denials, maxAddresses),
  inFlight: new Permits({ perKey: settings.inFlightPerTenant, total: settings.inFlight }),
  publicInFlight: new Slots({ perKey: settings.inFlightPerTenant, total: settings.publicInFlight }),
  streams: new Permits({ perKey: settings.streamsPerTenant, total: settings.streams }),
  publicStreams: new Permits({ perKey: settings.publicStreamsPerAddress, total: settings.publicStreams }),
});
