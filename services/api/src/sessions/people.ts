import type { Records } from '#infra/database/prisma.ts';
import type { Clock } from '#infra/kernel/clock.ts';
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

export const createPeople = (records: Records, clock: Clock): People => ({
  remember: ({ subject, name, avatarUrl }) =>
    records.acrossTenants(async (rows) => {
      const data = { name, avatarUrl, updatedAt: new Date(clock.now()) };
      await rows.person.upsert({ where: { subject }, create: { subject, ...data }, update: data });
    }),
  show: (subjects) =>
    records.acrossTenants(async (rows) => {
      const found = await rows.person.findMany({ where: { subject: { in: subjects.map(personOf) } } });
      const known = new Map(found.map(({ subject, name, avatarUrl }) => [subject, { name, avatarUrl }]));
      return new Map(subjects.map((subject) => [subject, known.get(personOf(subject)) ?? unknownPerson(subject)]));
    }),
});

/** An operator who signs in with Discord is also a person there. */
const personOf = (subject: string): string => subject.replace(/^operator:(?=\d+$)/, 'discord:');

const unknownPerson = (subject: string): ShownPerson => ({
  name: subject === machineOperator ? 'Operator' : personOf(subject),
  avatarUrl: null,
});
