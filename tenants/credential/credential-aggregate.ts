import { Aggregate } from '#infra/event-store/aggregate.ts';
import { credentialEventSchemas as events, credentialStateSchema as state } from './credential-events.ts';
import { evolve } from './credential-life.ts';

/** Written by discord-edge alone, which alone can open what it is about. */
export const credentialAggregate = new Aggregate('credential', { events, state, evolve });
