import type { TenantStatus } from '#infra/database/tenant-status.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { TenantEvent, TenantState } from './tenant-events.ts';

/** The application that a tenant brought; the name is its bot's in Discord. */
export interface TenantApplication {
  readonly applicationId: Snowflake;
  readonly botUserId: Snowflake;
  readonly botUsername: string;
}

/**
 * What a command leads to in a tenant's life: an event, or undefined if everything is as it asks. Each throws tenant.status
 * (409) if a tenant in this status cannot do that.
 */
type Decision = TenantEvent | undefined;

const moves: Record<TenantStatus, readonly TenantStatus[]> = {
  created: ['active', 'deleting'],
  active: ['created', 'active', 'suspended', 'deleting'],
  suspended: ['active', 'deleting'],
  deleting: ['deleting'],
};

function assertMove({ status }: TenantState, next: TenantStatus): void {
  if (moves[status].includes(next)) return;
  throw callerFault('tenant.status', `A tenant that is ${status} cannot become ${next}.`, 409);
}

export const create = (name: string): TenantEvent => ({ type: 'TenantCreated', data: { name } });

/** @throws tenant.suspended (409): a new token must not be a way around a suspension */
export function activate(tenant: TenantState, application: TenantApplication): TenantEvent {
  if (tenant.status === 'suspended')
    throw callerFault('tenant.suspended', 'This tenant is suspended and must be resumed first.', 409);
  assertMove(tenant, 'active');
  const { applicationId, botUserId, botUsername } = application;
  return { type: 'TenantActivated', data: { applicationId, botUserId, botUsername } };
}

/** As if it never had a token. A suspension stays, and so does a deletion that has begun. */
export function withdraw(tenant: TenantState): Decision {
  if (tenant.status === 'created') return undefined;
  assertMove(tenant, 'created');
  return { type: 'TenantWithdrawn', data: {} };
}

/**
 * @param change `expected` is the version that the caller has seen; undefined replaces any
 * @throws tenant.conflict (412) if it is another one
 */
export function rename(tenant: TenantState, { name, expected }: { name: string; expected: number | undefined }) {
  if (tenant.status === 'deleting')
    throw callerFault('tenant.status', 'A tenant that is being deleted cannot be renamed.', 409);
  if (expected !== undefined && expected !== tenant.version)
    throw callerFault('tenant.conflict', 'The tenant has changed since you read it. Read it again.', 412);
  return { type: 'TenantRenamed', data: { name } } satisfies TenantEvent;
}

export function suspend(tenant: TenantState, { by, reason }: { by: string; reason: string }): TenantEvent {
  assertMove(tenant, 'suspended');
  const suspendedAs = by.startsWith('operator:') ? 'operator' : 'owner';
  return { type: 'TenantSuspended', data: { suspendedBy: by, suspendedAs, reason } };
}

/** Resuming one that is active changes nothing; one without a token cannot be resumed (tenant.no-token, 409). */
export function resume(tenant: TenantState): Decision {
  if (tenant.applicationId === null)
    throw callerFault('tenant.no-token', 'There is no bot to start. Store a Discord token first.', 409);
  assertMove(tenant, 'active');
  return tenant.status === 'active' ? undefined : { type: 'TenantResumed', data: {} };
}

export function beginDeletion(tenant: TenantState): Decision {
  assertMove(tenant, 'deleting');
  return tenant.status === 'deleting' ? undefined : { type: 'TenantDeletionBegun', data: {} };
}

const unknown: TenantState = {
  name: '',
  status: 'created',
  reason: null,
  suspendedBy: null,
  applicationId: null,
  botUserId: null,
  botUsername: null,
  version: 0,
};

/** The tenant after an event; null: before the first. Events only tell what has happened, so none is refused. */
export function evolve(before: TenantState | null, event: TenantEvent): TenantState {
  const state = before ?? unknown;
  const next = { ...state, version: state.version + 1 };
  switch (event.type) {
    case 'TenantFound':
      return event.data.state;
    case 'TenantCreated':
    case 'TenantRenamed':
      return { ...next, name: event.data.name };
    case 'TenantActivated':
      return { ...next, ...event.data, status: 'active', reason: null, suspendedBy: null };
    case 'TenantWithdrawn':
      return { ...next, status: 'created', applicationId: null, botUserId: null, botUsername: null };
    case 'TenantSuspended': {
      const { suspendedBy, reason } = event.data;
      return { ...next, status: 'suspended', suspendedBy, reason };
    }
    case 'TenantResumed':
      return { ...next, status: 'active', reason: null, suspendedBy: null };
    case 'TenantDeletionBegun':
      return { ...next, status: 'deleting', reason: null, suspendedBy: null };
    default:
      return event satisfies never;
  }
}
