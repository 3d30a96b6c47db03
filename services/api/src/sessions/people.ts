import { z } from 'zod';
import type { Records } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
import { hasCode } from '#infra/kernel/errors.ts';
import type { Location } from '#security/keyring/envelope.ts';
import type { Words } from '#security/keyring/words.ts';
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
export const personAt = (subject: string): Location => ({
  tenant: 'platform',
  table: 'person',
  column: 'words',
  row: subject,
});

const shownSchema = z.object({ name: z.string(), avatarUrl: z.string().nullable() });

/**
 * Table person. A person belongs to no tenant, so no tenant's key can seal them: one of the api's own does, which is
 * replaced whenever somebody is forgotten. Who signs in while it cannot be reached is shown as before.
 */
export const createPeople = (records: Records, words: Words, clock: Clock): People => ({
  remember: ({ subject, name, avatarUrl }) =>
    records
      .acrossTenants(async (rows, statements) => {
        const sealed = await words.seal(statements, JSON.stringify({ name, avatarUrl }), personAt(subject));
        const data = { name: '', avatarUrl: null, sealed: null, words: sealed, updatedAt: new Date(clock.now()) };
        await rows.person.upsert({ where: { subject }, create: { subject, ...data }, update: data });
      })
      .catch((error: unknown) => {
        if (!hasCode(error, 'keyring.unavailable')) throw error;
      }),
  async show(subjects) {
    const found = await records.acrossTenants((rows) =>
      rows.person.findMany({ where: { subject: { in: subjects.map(personOf) } } }),
    );
    const known = new Map(
      await Promise.all(
        found.map(
          async ({ subject, name, avatarUrl, words: sealed }) =>
            [subject, sealed ? await opened(words, subject, sealed) : inPlainText(name, avatarUrl)] as const,
        ),
      ),
    );
    return new Map(subjects.map((subject) => [subject, known.get(personOf(subject)) ?? unknownPerson(subject)]));
  },
});

async function opened(words: Words, subject: string, sealed: Uint8Array): Promise<ShownPerson | undefined> {
  const text = await words.open(sealed, personAt(subject));
  return text === undefined ? undefined : shownSchema.parse(JSON.parse(text));
}

/** As the first releases have stored it. */
const inPlainText = (name: string, avatarUrl: string | null): ShownPerson | undefined =>
  name === '' ? undefined : { name, avatarUrl };

/** An operator who signs in with Discord is also a person there. */
const personOf = (subject: string): string => subject.replace(/^operator:(?=\d+$)/, 'discord:');

const unknownPerson = (subject: string): ShownPerson => ({
  name: subject === machineOperator ? 'Operator' : personOf(subject),
  avatarUrl: null,
});
