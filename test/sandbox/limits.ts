/** Discord's limits. A test may lower them to reach one without ten thousand requests. */
export interface Limits {
  /** IDENTIFYs per application in 24 h. */
  identifiesPerDay: number;
  /** One IDENTIFY per application in this time (max_concurrency 1). */
  identifyIntervalMs: number;
  /** Payloads per connection in 60 s. */
  sendsPerMinute: number;
  /** Bytes of one payload from a client. */
  payloadBytes: number;
  heartbeatIntervalMs: number;
  /** Of the voice gateway. */
  voiceHeartbeatIntervalMs: number;
  /** How long a voice session without a connection can be resumed. Discord publishes no figure. */
  voiceResumeWindowMs: number;
  /** How long a session without a connection can be resumed. Discord publishes no figure. */
  resumeWindowMs: number;
  /** Dispatches kept for a resume. Discord publishes no figure. */
  replayDispatches: number;
  /** REST requests per second of one bot, across all routes. */
  globalPerSecond: number;
  /** Number of 401, 403 and 429 responses in 10 minutes after which an address is blocked. */
  invalidRequests: number;
  /** Commands created per scope in 24 h. */
  commandCreatesPerDay: number;
}

/** As documented (Discord: Gateway, Rate Limits, Application Commands). */
export const discordLimits: Limits = {
  identifiesPerDay: 1_000,
  identifyIntervalMs: 5_000,
  sendsPerMinute: 120,
  payloadBytes: 4_096,
  heartbeatIntervalMs: 41_250,
  voiceHeartbeatIntervalMs: 13_750,
  voiceResumeWindowMs: 60_000,
  resumeWindowMs: 180_000,
  replayDispatches: 1_000,
  globalPerSecond: 50,
  invalidRequests: 10_000,
  commandCreatesPerDay: 200,
};
