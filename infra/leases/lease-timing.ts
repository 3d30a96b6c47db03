export interface LeaseTiming {
  /** How often a replica renews. */
  readonly beatMs: number;
  /** After this long without a renewal its leases are free, by the database's clock. */
  readonly lifetimeMs: number;
  /** After this long it trusts its own leases no longer, by its own clocks: before others can have them. */
  readonly certainMs: number;
  /** How long a new replica leaves their share to others that are only starting. */
  readonly settlingMs: number;
}

/** A holder that dies is followed by another about three seconds after its last renewal. */
export const leaseTiming: LeaseTiming = { beatMs: 750, lifetimeMs: 3_000, certainMs: 2_000, settlingMs: 10_000 };
