import { z } from 'zod';
import type { Records } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
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
  remember(person: DiscordPerson): Promise<void>;
  /** By subject; people who never signed in are shown by their subject. */
  show(subjects: readonly string[]): Promise<ReadonlyMap<string, ShownPerson>>;
}

/** Where a person's name and picture are stored, sealed. */
export const personAt = (subject: string): TextPlace => ({ table: 'person', column: 'sealed', row: subject });

const shownSchema = z.object({ name: z.string(), avatarUrl: z.string().nullable() });

/**
 * Table person. A person belongs to no tenant, so no tenant's key can seal them: one of the api's own does. What was
 * sealed with an earlier one is not shown until the person signs in again.
 */
export const createPeople = (records: Records, words: SealedText, clock: Clock): People => ({
  remember: ({ subject, name, avatarUrl }) =>
    records.acrossTenants(async (rows) => {
      const sealed = words.seal(JSON.stringify({ name, avatarUrl }), personAt(subject));
      const data = { name: '', avatarUrl: null, sealed, updatedAt: new Date(clock.now()) };
      await rows.person.upsert({ where: { subject }, create: { subject, ...data }, update: data });
    }),
  show: (subjects) =>
    records.acrossTenants(async (rows) => {
      const found = await rows.person.findMany({ where: { subject: { in: subjects.map(personOf) } } });
      const known = new Map(
        found.map(({ subject, name, avatarUrl, sealed }) => [
          subject,
          sealed ? opened(words, subject, sealed) : { name, avatarUrl },
        ]),
      );
      return new Map(subjects.map((subject) => [subject, known.get(personOf(subject)) ?? unknownPerson(subject)]));
    }),
});

function opened(words: SealedText, subject: string, sealed: Uint8Array): ShownPerson | undefined {
  const text = words.open(sealed, personAt(subject));
  return text === undefined ? undefined : shownSchema.parse(JSON.parse(text));
}

/** An operator who signs in with Discord is also a person there. */
const personOf = (subject: string): string => subject.replace(/^operator:(?=\d+$)/, 'discord:');

const unknownPerson = (subject: string): ShownPerson => ({
  name: subject === machineOperator ? 'Operator' : personOf(subject),
  avatarUrl: null,
});
