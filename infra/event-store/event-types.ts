import { z } from 'zod';
import { BailiwickError, platformFault } from '#infra/kernel/errors.ts';
import type { TenantId } from '#infra/kernel/ids.ts';

/** A kind of event, as the part that appends it knows it now. */
export interface EventType<Data = unknown> {
  /** Of `data`, in its newest form. */
  readonly schema: z.ZodType<Data>;
  /**
   * The members of `data` that tell of a person, such as who asked for a track and for which: they are sealed with a key of
   * the tenant. The others can be read by every subscriber.
   */
  readonly personal: readonly string[];
  /**
   * How an earlier form of the data becomes the next one: the first function takes version 1 and returns version 2, and so
   * on. The version in which new events are stored is one more than there are functions. Never change or remove one.
   */
  readonly upcasters?: readonly ((earlier: Readonly<Record<string, unknown>>) => Record<string, unknown>)[];
}

export type EventTypes = Readonly<Record<string, EventType>>;

/** The events of these types. */
export type EventOf<Types extends EventTypes> = {
  readonly [Type in keyof Types & string]: {
    readonly type: Type;
    readonly data: z.output<Types[Type]['schema']>;
  };
}[keyof Types & string];

/** Where events are told of: one of a tenant's streams, such as `music-session/100000000000000001`. */
export interface StreamKey {
  readonly tenant: TenantId;
  readonly stream: string;
}

/** What seals personal data; the keyring's envelope is one (security/keyring/envelope.ts). */
export interface EventSealing {
  /** The part whose keys these are: `audio`, `api`. Only it can open what it has sealed. */
  readonly keeper: string;
  readonly envelope: {
    seal(plaintext: Uint8Array, place: SealedPlace): Promise<Uint8Array>;
    open(sealed: Uint8Array, place: SealedPlace): Promise<Uint8Array>;
  };
}

/** What a sealed value is bound to. */
interface SealedPlace {
  readonly tenant: TenantId;
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** The place of an event's sealed data or snapshot, also for whoever seals them anew. */
export const placeOf = ({ tenant, stream }: StreamKey, id: string, column: 'sealed' | 'snapshot'): SealedPlace => ({
  tenant,
  table: 'event',
  column,
  row: `${stream}/${id}`,
});

/** An event's content as it is stored. */
export interface EncodedEvent {
  readonly type: string;
  readonly schemaVersion: number;
  /** What tells of no person. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Null if nothing is. */
  readonly sealed: Uint8Array | null;
}

/** The same, with the facts as the text of a JSON object. */
export type WrittenEvent = Omit<EncodedEvent, 'facts'> & { readonly facts: string };

/** Larger events are refused: a reader holds a batch of them in memory. */
const maxEventBytes = 1024 * 1024;

/** Between events of these types and what is stored of them. */
export class EventCodec<Types extends EventTypes> {
  readonly #types: Types;
  readonly #sealing: EventSealing;

  constructor(types: Types, sealing: EventSealing) {
    this.#types = types;
    this.#sealing = sealing;
  }

  get keeper(): string {
    return this.#sealing.keeper;
  }

  /** @throws event.too-large, keyring.* */
  async encode(stream: StreamKey, id: string, { type, data }: EventOf<Types>): Promise<WrittenEvent> {
    const { personal, upcasters = [] } = this.#typeOf(type);
    const told: Record<string, unknown> = {};
    const words: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(data as object)) (personal.includes(name) ? words : told)[name] = value;
    const text = JSON.stringify(words);
    const facts = JSON.stringify(told);
    if (text.length + facts.length > maxEventBytes)
      throw platformFault('event.too-large', 'What happened is too large to be recorded.', undefined, 500);
    const sealed = text === '{}' ? null : await this.#seal(text, stream, id, 'sealed');
    return { type, schemaVersion: upcasters.length + 1, facts, sealed };
  }

  /** In its newest form. @throws event.unknown, event.newer, event.malformed, keyring.* */
  async decode(stream: StreamKey, id: string, stored: EncodedEvent): Promise<EventOf<Types>> {
    const { schema, upcasters = [] } = this.#typeOf(stored.type);
    if (stored.schemaVersion > upcasters.length + 1)
      throw fault('newer', `Event ${id} was recorded by a newer release, as version ${stored.schemaVersion}.`);
    let data: Record<string, unknown> = { ...stored.facts };
    if (stored.sealed) Object.assign(data, await this.#open(stored.sealed, stream, id, 'sealed'));
    for (const upcast of upcasters.slice(stored.schemaVersion - 1)) data = upcast(data);
    const parsed = schema.safeParse(data);
    if (!parsed.success) throw fault('malformed', `Event ${id} is not a valid ${stored.type}.`);
    return { type: stored.type, data: parsed.data } as EventOf<Types>;
  }

  /** The state after an event. @throws keyring.* */
  sealSnapshot(stream: StreamKey, id: string, state: unknown): Promise<Uint8Array> {
    return this.#seal(JSON.stringify(state), stream, id, 'snapshot');
  }

  /** As it was sealed; a schema has to check its shape. @throws keyring.* */
  openSnapshot(stream: StreamKey, id: string, sealed: Uint8Array): Promise<unknown> {
    return this.#open(sealed, stream, id, 'snapshot');
  }

  #typeOf(type: string): EventType {
    const known = Object.hasOwn(this.#types, type) ? this.#types[type] : undefined;
    if (!known) throw fault('unknown', `There is no event of the type ${type}.`);
    return known;
  }

  #seal(text: string, stream: StreamKey, id: string, column: 'sealed' | 'snapshot'): Promise<Uint8Array> {
    return this.#sealing.envelope.seal(Buffer.from(text, 'utf8'), placeOf(stream, id, column));
  }

  async #open(sealed: Uint8Array, stream: StreamKey, id: string, column: 'sealed' | 'snapshot'): Promise<object> {
    const bytes = await this.#sealing.envelope.open(sealed, placeOf(stream, id, column));
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as object;
  }
}

const fault = (what: string, operatorMessage: string): BailiwickError =>
  new BailiwickError({
    code: `event.${what}`,
    owner: 'platform',
    status: 500,
    message: 'What happened cannot be read.',
    operatorMessage,
  });
