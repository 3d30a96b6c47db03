import { Aggregate } from '#infra/event-store/aggregate.ts';
import { tenantEventSchemas as events, tenantStateSchema as state } from './tenant-events.ts';
import { evolve } from './tenant-life.ts';

/** Nothing of it is sealed: all of it is in the tenant's row and its audit log, as readable (decision 41). */
export const tenantAggregate = new Aggregate('tenant', { events, state, evolve });
