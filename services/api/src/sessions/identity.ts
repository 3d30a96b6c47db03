import type { TenantId } from '#infra/kernel/ids.ts';
import type { Action } from '#security/identity/actions.ts';

/** The caller, and how they authenticated. */
export interface Identity {
  /** `operator:<name>` or `discord:<user id>`. */
  readonly subject: string;
  /** The identity for operators' actions, if they are an operator: `operator:<name or user id>`. */
  readonly operator?: string;
  /** The sign-in of a browser; undefined for a command line's session. */
  readonly signIn?: string;
  /** The API key that acts for its creator, the subject. */
  readonly key?: { readonly id: string; readonly tenant: TenantId; readonly actions: ReadonlySet<Action> };
}
