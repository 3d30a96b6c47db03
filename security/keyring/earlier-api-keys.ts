import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { Database, Transaction } from '#infra/database/pool.ts';
import { decrypt, keyBytes } from './aes-gcm.ts';
import { encodeFields } from './associated-data.ts';
import type { Envelope } from './envelope.ts';
import { deriveKey } from './keyring-file.ts';

/** Rows in one transaction. */
const batch = 100;
/** So long ago that the api replaces the key at once; until then, and for a day afterwards, it is accepted. */
const replacedAtOnce = "now() - interval '31 days'";

interface Words {
  readonly table: string;
  readonly column: string;
  readonly id: string;
}
const words: readonly Words[] = [
  { table: 'person', column: 'sealed', id: 'subject' },
  { table: 'invitation', column: 'sealed_note', id: 'id' },
];

/**
 * Earlier releases derived the api's keys from the root key. What these have sealed is sealed with the api's own, and
 * the key of browsers' sessions becomes the first in session_key, so that nobody is signed out. Can be interrupted and
 * repeated, and is over after the first time. Nothing else may use the tables meanwhile.
 * @param earlier the root key that the api's keys were derived from; only asked for if it is needed
 * @throws keyring.unavailable
 */
export async function takeOverEarlierApiKeys(
  database: Pick<Database, 'acrossTenants'>,
  envelope: Pick<Envelope, 'seal'>,
  earlier: () => Promise<KeyObject>,
): Promise<void> {
  if (!(await database.acrossTenants(isNeeded))) return;
  const sessionKey = deriveKey(await earlier(), 'api/sessions');
  const wordsKey = createSecretKey(Buffer.from(hkdfSync('sha256', sessionKey, '', 'bailiwick/api/words', keyBytes)));
  for (const place of words) {
    let after: string | undefined = '';
    while (after !== undefined) {
      const from: string = after;
      after = await database.acrossTenants((transaction) => reseal(transaction, envelope, { place, wordsKey, from }));
    }
  }
  const sealed = await envelope.seal(sessionKey, {
    tenant: 'platform',
    table: 'session_key',
    column: 'sealed',
    row: '1',
  });
  sessionKey.fill(0);
  await database.acrossTenants((transaction) =>
    transaction.query(
      `insert into session_key (version, sealed, starts_at) values (1, $1, ${replacedAtOnce}) on conflict do nothing`,
      [Buffer.from(sealed)],
    ),
  );
}

/** The first api of this release creates a session key; what was sealed before is of an earlier one. */
async function isNeeded(transaction: Transaction): Promise<boolean> {
  const { rows } = await transaction.query<{ needed: boolean }>(
    `select not exists (select from session_key) and (exists (select from person where sealed is not null)
       or exists (select from invitation where sealed_note is not null) or exists (select from sign_in)
       or exists (select from idempotent_answer)) as needed`,
  );
  return rows[0]?.needed === true;
}

/** One batch after a row. @returns its last row; undefined after the last batch */
async function reseal(
  transaction: Transaction,
  envelope: Pick<Envelope, 'seal'>,
  { place, wordsKey, from }: { readonly place: Words; readonly wordsKey: KeyObject; readonly from: string },
): Promise<string | undefined> {
  const { table, column, id } = place;
  const { rows } = await transaction.query<{ row: string; sealed: Buffer }>(
    `select ${id} as row, ${column} as sealed from ${table} where ${column} is not null and ${id} > $1
       order by ${id} limit ${batch} for update`,
    [from],
  );
  for (const { row, sealed } of rows) {
    const text = decrypt(wordsKey, sealed, encodeFields('bailiwick-sealed-text/1', table, column, row));
    // Sealed by an interrupted run, or never readable.
    if (!text) continue;
    const next = Buffer.from(await envelope.seal(text, { tenant: 'platform', table, column, row }));
    await transaction.query(`update ${table} set ${column} = $2 where ${id} = $1`, [row, next]);
  }
  return rows.length === batch ? rows.at(-1)?.row : undefined;
}
