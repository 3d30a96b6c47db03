import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sealedBySessionKeys, sealedColumns } from './sealed-columns.ts';

/** Words in the name of a column that could hold a secret, or what people have written or are called. */
const suspicious =
  /token|secret|key|password|credential|cookie|sealed|hash|session|url|document|record|note|name|reason|value|title|query|message|public|verifier|edge|fingerprint/i;

/**
 * Columns whose names look as if their values should be sealed, and why they are not. An addition is a decision: what is
 * stored here can be read by whoever gets a copy of the database.
 */
const plain: Readonly<Record<string, string>> = {
  'tenant.name': 'shown to operators and in lists; the tenant chose it for that',
  'tenant.reason': "the platform's own sentence",
  'tenant.bot_username': 'public at Discord',
  'guild_policy.document': 'ids of roles and channels, and rules; decisions read it in every process',
  'track_list.share_hash': 'the digest of a random code',
  'guild_settings.document': 'choices, and the id of a channel',
  'event.sealed_by': 'the name of a service',
  'event_subscription.name': 'the name of a subscription',
  'projection.name': 'the name of a read model',
  'window_state.name': 'the name of a kind of windows',
  'window_pane.name': 'as window_state.name',
  'window_pane.key': 'what is counted: plays, or endings by their reason',
  'window_total.name': 'as window_state.name',
  'window_total.key': 'as window_pane.key',
  'window_total_state.name': 'as window_state.name',
  'event_key.public_key': 'a public key',
  'event_dead_letter.reason': "the platform's own word",
  'lavalink_node.url': 'where an operator has a node; useless without its password',
  'lavalink_node.sealed': 'encrypted to a key that only gateway-proxy has (infra/decisions/0032)',
  'gateway_session.session_id': 'useless without the token, which is sealed',
  'gateway_session.resume_url': 'an address of Discord',
  'lavalink_session.session_id': 'useless without the password of the node, which is not stored',
  'enrolment.token_sha256': 'a hash',
  'shared_state.name': 'a digest',
  'shared_count.name': 'a digest',
  'instance.reason': "the platform's own sentence",
  'external_key.url': 'where a tenant has its own key; useless without the secret id, which is sealed',
  'external_key.key_name': 'as external_key.url',
  'external_key.namespace': 'as external_key.url',
  'webhook_delivery.message_id': 'an id',
  'external_key_use.key_id': 'the id of a row',
  'audit_journal.record': 'the audit log is evidence: it stays readable, and holds ids instead of words',
  'audit_leaf.record': 'as audit_journal.record',
  'audit_leaf.leaf_hash': 'hashes of the log',
  'audit_checkpoint.root_hash': 'hash of the log',
  'audit_checkpoint.edge': 'hashes of the log',
  'audit_checkpoint.note': 'signed for everybody to read',
  'audit_key.verifier': 'a public key',
  'audit_succession.note': 'signed for everybody to read',
  'deletion.name_sha256': 'a hash',
  'deletion_key.verifier': 'a public key',
  'identity_key.public': 'a public key',
  'delegated_key.verifier': 'the name of a service',
  'revocation.value': 'the id of what was revoked',
  'revocation.reason': "the platform's own sentence",
  'api_session.token_hash': 'a hash',
  'person.name': 'of an earlier release, and emptied at the next start of the api',
  'person.avatar_url': 'as person.name',
  'refresh_token.token_hash': 'a hash',
  'operator_sign_in.token_hash': 'a hash',
  'invitation.note': 'of an earlier release, and emptied at the next start of the api',
  'invitation.token_hash': 'a hash',
  'api_key.name': 'chosen to be shown in lists',
  'api_key.key_hash': 'a hash',
  'idempotent_answer.key': 'chosen by the caller at random',
  'idempotent_answer.fingerprint': 'a keyed hash',
  'onboarding.document': 'states of checks, and names of servers that the bot is in',
};

/** `table.column` of every column that may hold texts or bytes. */
async function columnsOfSchema(): Promise<string[]> {
  const schema = await readFile(path.join(import.meta.dirname, '../../infra/database/schema.prisma'), 'utf8');
  return [...schema.matchAll(/^model \w+ \{\n(.*?)^\}/gms)].flatMap(([, body = '']) => {
    const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '';
    return [...body.matchAll(/^ {2}(\w+) +(String|Bytes|Json)[?[\]]* ?(.*)$/gm)].map(
      ([, field = '', , attributes = '']) => `${table}.${/@map\("(\w+)"\)/.exec(attributes)?.[1] ?? field}`,
    );
  });
}

test('every column that could hold a secret or the words of a person is sealed, or plain for a reason', async () => {
  const columns = await columnsOfSchema();
  expect(columns.length).toBeGreaterThan(60);
  const sealed = [...sealedColumns.map(({ table, column }) => `${table}.${column}`), ...sealedBySessionKeys];
  // A name that is listed twice, or no longer exists, would hide a mistake.
  expect(sealed.filter((column) => column in plain)).toEqual([]);
  expect([...sealed, ...Object.keys(plain)].filter((column) => !columns.includes(column))).toEqual([]);
  const undecided = columns.filter(
    (column) => suspicious.test(column.slice(column.indexOf('.'))) && !sealed.includes(column) && !(column in plain),
  );
  expect(undecided).toEqual([]);
});
