import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { Database } from '#infra/database/pool.ts';
import { tenantId } from '#infra/kernel/ids.ts';
import { openSealedText } from '#security/keyring/sealed-text.ts';
import type { Words } from '#security/keyring/words.ts';
import { noteAt } from '#tenants/tenant/invitations.ts';
import { personAt } from '../sessions/people.ts';

/** Rows that are sealed in one transaction. */
const batch = 100;

const personSchema = z.object({
  subject: z.string(),
  name: z.string(),
  avatar_url: z.string().nullable(),
  sealed: z.instanceof(Buffer).nullable(),
});
const invitationSchema = z.object({
  id: z.string(),
  tenant_id: z.string().transform(tenantId),
  note: z.string().nullable(),
  sealed_note: z.instanceof(Buffer).nullable(),
});

interface Ports {
  readonly database: Pick<Database, 'acrossTenants'>;
  readonly words: Words;
  /** With which an earlier release has sealed. */
  readonly earlierKey: KeyObject;
}

/**
 * Seals what earlier releases have stored about people in plain text, or with a key that cannot be destroyed. Can be
 * interrupted and repeated. @throws keyring.unavailable
 */
export async function sealEarlierWords(ports: Ports): Promise<void> {
  while ((await sealPeople(ports)) === batch);
  while ((await sealNotes(ports)) === batch);
}

const sealPeople = ({ database, words, earlierKey }: Ports): Promise<number> =>
  database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query(
      `select subject, name, avatar_url, sealed from person
         where words is null and (sealed is not null or name <> '') order by subject limit ${batch} for update`,
    );
    for (const row of rows) {
      const { subject, name, avatar_url: avatarUrl, sealed: earlier } = personSchema.parse(row);
      const place = { table: 'person', column: 'sealed', row: subject };
      const text = earlier ? openSealedText(earlierKey, earlier, place) : JSON.stringify({ name, avatarUrl });
      const sealed = text === undefined ? null : Buffer.from(await words.seal(transaction, text, personAt(subject)));
      await transaction.query(
        "update person set words = $2, sealed = null, name = '', avatar_url = null where subject = $1",
        [subject, sealed],
      );
    }
    return rows.length;
  });

const sealNotes = ({ database, words, earlierKey }: Ports): Promise<number> =>
  database.acrossTenants(async (transaction) => {
    const { rows } = await transaction.query(
      `select id, tenant_id, note, sealed_note from invitation
         where note is not null or sealed_note is not null order by tenant_id, id limit ${batch} for update`,
    );
    for (const row of rows) {
      const { id, tenant_id: tenant, note, sealed_note: earlier } = invitationSchema.parse(row);
      const place = { table: 'invitation', column: 'sealed_note', row: id };
      const text = note ?? (earlier ? openSealedText(earlierKey, earlier, place) : undefined);
      const sealed = text === undefined ? null : Buffer.from(await words.seal(transaction, text, noteAt(tenant, id)));
      await transaction.query('update invitation set words = $2, sealed_note = null, note = null where id = $1', [
        id,
        sealed,
      ]);
    }
    return rows.length;
  });
