import type { PolicyChange, ServerPolicy } from '#services/contracts/server-policy.ts';
import type { OnBehalf } from './player-port.ts';

/** The policy that rules a server. The api keeps it; whether a member may is decided on the way there. */
export interface PolicyPort {
  /** What rules this server now. */
  show(on: OnBehalf): Promise<ServerPolicy>;
  /** Changes what is named, and returns all of it. @throws BailiwickError policy.* if nothing was changed */
  change(on: OnBehalf, request: PolicyChange): Promise<ServerPolicy>;
}
