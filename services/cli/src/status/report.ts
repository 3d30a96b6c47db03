import { processStatuses, type ProcessHealth } from '#infra/observability/operations.ts';
import type { ReportedCustodian } from '#security/keyring/custodian-report.ts';

/** One part of an installation, as it reports itself. */
export interface Part extends ProcessHealth {
  /** Where it listens; absent if only the API knows. */
  readonly address?: string;
}

/** The state of an installation. */
export interface StatusReport {
  /** Which installation: a data folder, or the address of its API. */
  readonly of: string;
  /** A few words of further information. */
  readonly about: string;
  /** The worst status of any part. */
  readonly status: Part['status'];
  readonly parts: readonly Part[];
  /** What each process that keeps keys can do with them. */
  readonly custodians: readonly ReportedCustodian[];
  /** With their bots; absent unless an operator asked. */
  readonly tenants?: readonly TenantReport[];
}

export interface TenantReport {
  readonly id: string;
  readonly name: string;
  /** The state of its bot. */
  readonly state: { readonly kind: string; readonly label: string; readonly sentence: string };
  /** Restarts of its process since it was last started on request. */
  readonly restarts: number;
}

export const worstOf = (parts: readonly Part[]): Part['status'] =>
  processStatuses.findLast((status) => parts.some((part) => part.status === status)) ?? 'healthy';
