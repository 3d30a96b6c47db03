import { z } from 'zod';
import { Permits } from './permits.ts';
import { Slots } from './slots.ts';
import { RateLimiter } from '#infra/kernel/rate-limiter.ts';
import { CountedRate } from './counted-rate.ts';

const rateSchema = z.strictObject({ perSec: z.number().positive(), burst: z.number().int().min(1) });

/** The limits; the defaults suit one machine. */
export const limitsSchema = z.strictObject({
  /** A tenant's calls by class of caller, so that a flood from its bot does not block its own voice. */
  tenant: rateSchema.default({ perSec: 50, burst: 150 }),
  /** All calls of one workload. */
  workload: rateSchema.default({ perSec: 1_000, burst: 2_000 }),
  /** One client's calls at the public listener: an IPv4 address, or an IPv6 /64. */
  publicAddress: rateSchema.default({ perSec: 30, burst: 120 }),
  /** One workload's refused calls that get individual records; those above it are recorded as a number. */
  recordedDenials: rateSchema.default({ perSec: 5, burst: 50 }),
  /** One workload's refused calls; above it, everything from it is refused unread for a while. */
  denials: rateSchema.default({ perSec: 100, burst: 500 }),
  /** Requests that wait for a response. */
  inFlightPerTenant: z.number().int().min(1).default(32),
  inFlight: z.number().int().min(1).default(1_024),
  /** Those of the public listener, counted separately, so that they take no capacity from bots and services. */
  publicInFlight: z.number().int().min(1).default(512),
  /** Open streams of one action for one tenant: one, plus those that are about to notice that they were replaced. */
  streamsPerTenant: z.number().int().min(1).default(4),
  streams: z.number().int().min(1).default(20_000),
  /** Open streams of the public listener, per client and in total; the api limits how many a person may have. */
  publicStreamsPerAddress: z.number().int().min(1).default(100),
  publicStreams: z.number().int().min(1).default(5_000),
});

export type LimitSettings = z.infer<typeof limitsSchema>;

const maxTenants = 50_000;
const maxAddresses = 100_000;

/** The counters of one proxy process; counted rates are those that proxies can share. */
export interface Limits {
  readonly tenant: CountedRate;
  readonly workload: CountedRate;
  readonly publicAddress: CountedRate;
  readonly recordedDenials: RateLimiter;
  readonly denials: RateLimiter;
  readonly inFlight: Permits;
  readonly publicInFlight: Slots;
  readonly streams: Permits;
  readonly publicStreams: Permits;
}

export const createLimits = (settings: LimitSettings): Limits => ({
  tenant: new CountedRate(settings.tenant, maxTenants),
  workload: new CountedRate(settings.workload, maxTenants),
  publicAddress: new CountedRate(settings.publicAddress, maxAddresses),
  recordedDenials: new RateLimiter(settings.recordedDenials, maxTenants),
  denials: new RateLimiter(settings.denials, maxAddresses),
  inFlight: new Permits({ perKey: settings.inFlightPerTenant, total: settings.inFlight }),
  publicInFlight: new Slots({ perKey: settings.inFlightPerTenant, total: settings.publicInFlight }),
  streams: new Permits({ perKey: settings.streamsPerTenant, total: settings.streams }),
  publicStreams: new Permits({ perKey: settings.publicStreamsPerAddress, total: settings.publicStreams }),
});
