import type { ProcessHealth } from '#infra/observability/operations.ts';

/** One part of an installation, as it says it is. */
export interface Part extends ProcessHealth {
  /** Where it listens; left out where only the API knows. */
  readonly address?: string;
}

/** How an installation is. */
export interface StatusReport {
  /** Which one: a data folder, or the address of its API. */
  readonly of: string;
  /** What else there is to say of it in a few words. */
  readonly about: string;
  /** The worst of the parts'. */
  readonly status: Part['status'];
  readonly parts: readonly Part[];
  /** With their bots; left out where only an operator may know. */
  readonly tenants?: readonly TenantStatus[];
}

export interface TenantStatus {
  readonly id: string;
  readonly name: string;
  /** What state its bot is in. */
  readonly state: { readonly kind: string; readonly label: string; readonly sentence: string };
  /** Of its process since it was last started on request. */
  readonly restarts: number;
}

const fromBest: readonly Part['status'][] = ['healthy', 'degraded', 'unhealthy', 'unreachable'];

export const worstOf = (parts: readonly Part[]): Part['status'] =>
  fromBest.findLast((status) => parts.some((part) => part.status === status)) ?? 'healthy';
