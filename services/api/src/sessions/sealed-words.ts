import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { whileSealing } from '#security/keyring/rotation.ts';
import type { SealedText } from '#security/keyring/sealed-text.ts';
import { noteAt } from '#tenants/tenant/invitations.ts';
import { personAt } from './people.ts';

/** Rows that are sealed in one transaction. */
const batch = 100;

const personSchema = z.object({ subject: z.string(), name: z.string(), avatar_url: z.string().nullable() });
const invitationSchema = z.object({ id: z.string(), note: z.string() });

/** Seals what an earlier release has stored unsealed about people. Can be interrupted and repeated. */
export async function sealEarlierWords(database: Pick<Database, 'acrossTenants'>, words: SealedText): Promise<void> {
  while ((await sealPeople(database, words)) === batch);
  while ((await sealNotes(database, words)) === batch);
}

const sealPeople = (database: Pick<Database, 'acrossTenants'>, words: SealedText): Promise<number> =>
  database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query(
      `select subject, name, avatar_url from person where sealed is null limit ${batch} for update`,
    );
    if (rows.length > 0) await whileSealing(transaction, 'platform');
    for (const row of rows) {
      const { subject, name, avatar_url: avatarUrl } = personSchema.parse(row);
      const sealed = Buffer.from(await words.seal(JSON.stringify({ name, avatarUrl }), personAt(subject)));
      await transaction.query("update person set sealed = $2, name = '', avatar_url = null where subject = $1", [
        subject,
        sealed,
      ]);
    }
    return rows.length;
  });

const sealNotes = (database: Pick<Database, 'acrossTenants'>, words: SealedText): Promise<number> =>
  database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query(
      `select id, note from invitation where note is not null limit ${batch} for update`,
    );
    if (rows.length > 0) await whileSealing(transaction, 'platform');
    for (const row of rows) {
      const { id, note } = invitationSchema.parse(row);
      await transaction.query('update invitation set sealed_note = $2, note = null where id = $1', [
        id,
        Buffer.from(await words.seal(note, noteAt(id))),
      ]);
    }
    return rows.length;
  });
