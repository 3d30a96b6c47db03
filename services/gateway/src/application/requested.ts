import type { Snowflake } from '#infra/kernel/ids.ts';

/** What a member asks for by a message in a request channel: as the edge has witnessed it, which keeps the rest of it. */
export interface Requested {
  /** The message's id. */
  readonly id: Snowflake;
  readonly guild: Snowflake;
  readonly channel: Snowflake;
  readonly user: Snowflake;
  /** A link or words to look for. */
  readonly query: string;
  /** Lets the bot add just this, for this member. */
  readonly transaction: string;
}
