import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Database } from '#infra/database/pool.ts';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import type { Clock } from '#infra/kernel/clock.ts';

const hourMs = 60 * 60_000;
/** How long a key signs. Its private half is never outside the process. */
export const signsForMs = 24 * hourMs;
/**
 * How long a key is accepted after it has signed last. Longer than a broker keeps events, shorter than consumers remember
 * what they have had (inbox.ts): what is sent again later is refused.
 */
export const acceptedForMs = 8 * 24 * hourMs;

export interface SigningKey {
  readonly kid: string;
  readonly source: string;
  readonly privateKey: KeyObject;
}

export interface KnownKey {
  /** SPIFFE id of the workload that signs with it. */
  readonly source: string;
  readonly publicKey: KeyObject;
}

/** The key with which this process signs events: made in memory, replaced each day, its public half stored before its first use. */
export function createSigningKeys(ports: {
  readonly database: Pick<Database, 'queryAcrossTenants'>;
  readonly source: string;
  readonly clock: Clock;
}): { current(): Promise<SigningKey> } {
  const { database, source, clock } = ports;
  let key: { readonly signing: Promise<SigningKey>; readonly untilMs: number } | undefined;
  const create = async (): Promise<SigningKey> => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const kid = createHash('sha256').update(spki).digest('base64url');
    await database.queryAcrossTenants({
      text: `insert into event_key (kid, source, public_key, expires_at) values ($1, $2, $3, $4)`,
      values: [kid, source, spki, new Date(clock.now() + signsForMs + acceptedForMs)],
    });
    return { kid, source, privateKey };
  };
  return {
    current() {
      if (key && clock.now() < key.untilMs) return key.signing;
      const made = { signing: create(), untilMs: clock.now() + signsForMs };
      key = made;
      made.signing.catch(() => {
        if (key === made) key = undefined;
      });
      return made.signing;
    },
  };
}

export interface KnownKeys {
  /** Undefined if there is no such key, or it is not accepted any more. */
  find(kid: string): Promise<KnownKey | undefined>;
}

const rememberedKeys = 1_000;
const rememberedMs = 60_000;
/** A kid that nobody has is not looked for again at once: who sends such events costs the database little. */
const unknownForMs = 1_000;

/** The public halves, from the database: who may write them there may send events. */
export function createKnownKeys(ports: {
  readonly database: Pick<Database, 'queryAcrossTenants'>;
  readonly clock: Clock;
}): KnownKeys {
  const { database, clock } = ports;
  const known = new BoundedMap<string, { readonly key: KnownKey | undefined }>(rememberedKeys);
  return {
    async find(kid) {
      const remembered = known.get(kid, clock.now());
      if (remembered) return remembered.key;
      const [row] = await database.queryAcrossTenants<{ source: string; public_key: Buffer }>({
        name: 'event-key',
        text: 'select source, public_key from event_key where kid = $1 and expires_at > $2',
        values: [kid, new Date(clock.now())],
      });
      const key = row && {
        source: row.source,
        publicKey: createPublicKey({ key: row.public_key, format: 'der', type: 'spki' }),
      };
      known.set(kid, { key }, clock.now() + (key ? rememberedMs : unknownForMs));
      return key;
    },
  };
}
