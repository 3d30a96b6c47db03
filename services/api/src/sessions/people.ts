import { z } from 'zod';
import type { Records } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import { keysAwayCode } from '#security/keyring/custodian.ts';
import { whileSealing } from '#security/keyring/rotation.ts';
import type { SealedText, TextPlace } from '#security/keyring/sealed-text.ts';
import type { DiscordPerson } from './discord-sign-in.ts';
import { machineOperator } from './operator-sign-ins.ts';

/** How a person is shown. */
export interface ShownPerson {
  readonly name: string;
  readonly avatarUrl: string | null;
}

/** People as Discord described them at their last sign-in. */
export interface People {
  /** While the keys cannot be used, nothing is stored until the next sign-in. */
  remember(person: DiscordPerson): Promise<void>;
  /** By subject; people who never signed in are shown by their subject, as is everybody while the keys cannot be used. */
  show(subjects: readonly string[]): Promise<ReadonlyMap<string, ShownPerson>>;
}

/** Where a person's name and picture are stored, sealed. */
export const personAt = (subject: string): TextPlace => ({ table: 'person', column: 'sealed', row: subject });

const shownSchema = z.object({ name: z.string(), avatarUrl: z.string().nullable() });

/**
 * Table person. A person belongs to no tenant, so no tenant's key can seal them: the api's own does. What cannot be
 * opened is not shown until the person signs in again.
 */
export const createPeople = (records: Records, words: SealedText, clock: Clock): People => ({
  async remember({ subject, name, avatarUrl }) {
    await records.acrossTenants(async (rows, statements) => {
      await whileSealing(statements, 'platform');
      const sealed = await unlessAway(words.seal(JSON.stringify({ name, avatarUrl }), personAt(subject)));
      if (!sealed) return;
      const data = { name: '', avatarUrl: null, sealed, updatedAt: new Date(clock.now()) };
      await rows.person.upsert({ where: { subject }, create: { subject, ...data }, update: data });
    });
  },
  async show(subjects) {
    const found = await records.acrossTenants((rows) =>
      rows.person.findMany({ where: { subject: { in: subjects.map(personOf) } } }),
    );
    const shown = await Promise.all(
      found.map(async ({ subject, name, avatarUrl, sealed }) => {
        const person = sealed ? await unlessAway(opened(words, subject, sealed)) : { name, avatarUrl };
        return [subject, person] as const;
      }),
    );
    const known = new Map(shown);
    return new Map(subjects.map((subject) => [subject, known.get(personOf(subject)) ?? unknownPerson(subject)]));
  },
});

/** Nobody is kept from signing in, or from seeing a list, by a name that cannot be read. */
const unlessAway = <Value>(value: Promise<Value>): Promise<Value | undefined> =>
  value.catch((error: unknown) => {
    if (hasCode(error, keysAwayCode)) return undefined;
    throw error;
  });

async function opened(words: SealedText, subject: string, sealed: Uint8Array): Promise<ShownPerson | undefined> {
  const text = await words.open(sealed, personAt(subject));
  return text === undefined ? undefined : shownSchema.parse(JSON.parse(text));
}

/** An operator who signs in with Discord is also a person there. */
const personOf = (subject: string): string => subject.replace(/^operator:(?=\d+$)/, 'discord:');

const unknownPerson = (subject: string): ShownPerson => ({
  name: subject === machineOperator ? 'Operator' : personOf(subject),
  avatarUrl: null,
});
