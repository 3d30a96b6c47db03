import { expect, test } from 'vitest';
import { VaultRefusal, VaultUnavailable } from '../vault/faults.ts';
import { externalFaultOf, ExternalKeyFault } from './faults.ts';

const signIn = new VaultUnavailable(
  'the sign-in was refused: invalid secret id',
  'refuses',
  new VaultRefusal(400, 'invalid secret id'),
);

test.each<[what: string, error: unknown, kind: string, isDecided: boolean]>([
  ['a policy that was revoked', new VaultRefusal(403, 'permission denied'), 'forbidden', true],
  ['a key that was deleted', new VaultRefusal(400, 'encryption key not found'), 'gone', true],
  ['an engine that was removed', new VaultRefusal(404, 'no handler for route'), 'gone', true],
  [
    'a version that may not decrypt',
    new VaultRefusal(400, 'ciphertext or signature version is too old'),
    'version',
    true,
  ],
  ['another key of the same name', new VaultRefusal(400, 'cipher: message authentication failed'), 'other', true],
  ['a secret id that was destroyed', signIn, 'sign-in', true],
  ['a sealed Vault', new VaultUnavailable('it is sealed: unseal it', 'sealed'), 'sealed', false],
  ['no answer', new VaultUnavailable('it does not answer', 'no-answer', new Error('refused')), 'silent', false],
  ['a refusal of another kind', new VaultRefusal(405, 'unsupported operation'), 'answer', false],
  ['an answer of another server', new SyntaxError('<html>'), 'answer', false],
])('tells %s apart, and whether it is final', (_what, error, kind, isDecided) => {
  expect(externalFaultOf(error)).toMatchObject({ kind, isDecided, code: 'keyring.external-key', status: 424 });
});

test('repeats nothing that the customer’s server says', () => {
  const fault = externalFaultOf(new VaultRefusal(400, 'root:x:0:0 encryption key not found'));
  expect(fault.message).not.toContain('root:x');
  expect(fault.operatorMessage ?? '').not.toContain('root:x');
});

test('a fault stays what it is', () => {
  const fault = new ExternalKeyFault('gone');
  expect(externalFaultOf(fault)).toBe(fault);
});
