import { platformFault } from '#infra/kernel/errors.ts';
import { EventCodec, type EventTypes } from './event-types.ts';

const nothingIsSealed = async (): Promise<never> => {
  throw platformFault('event.not-plain', 'This event tells of a person, so it cannot be stored here.', undefined, 500);
};

/** For events that tell of no person: the part that appends them needs no key. */
export const plainEvents = <Types extends EventTypes>(types: Types): EventCodec<Types> =>
  new EventCodec(types, { keeper: 'nobody', envelope: { seal: nothingIsSealed, open: nothingIsSealed } });
