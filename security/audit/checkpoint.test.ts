import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  formatCheckpoint,
  noteSigner,
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseVerifier,
  signCheckpoint,
  signNote,
  verifierOf,
} from './checkpoint.ts';

/** The key and note of the example in golang.org/x/mod/sumdb/note. */
const goVerifier = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const goNote =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n" +
  '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

const signer = noteSigner('bailiwick.example/tenant/a', generateKeyPairSync('ed25519').privateKey);
const verifier = parseVerifier(verifierOf(signer));
const checkpoint = { origin: signer.name, size: 20_852_163, root: Buffer.alloc(32, 9) };

test('reads the key and the note that golang.org/x/mod/sumdb/note publishes', () => {
  const opened = openNote(goNote, parseVerifier(goVerifier));
  expect(opened).toEqual({ ok: true, value: goNote.slice(0, goNote.indexOf('\n\n') + 1) });
});

test('derives the same public key text from a stored private key', () => {
  const stored = signer.privateKey.export({ type: 'pkcs8', format: 'der' });
  const again = noteSigner(signer.name, createPrivateKey({ key: stored, format: 'der', type: 'pkcs8' }));
  expect(verifierOf(again)).toBe(verifierOf(signer));
});

test('opens what it signed', () => {
  expect(openCheckpoint(signCheckpoint(checkpoint, signer), verifier)).toEqual({ ok: true, value: checkpoint });
});

test("passes over others' signatures beside its own, before and after", () => {
  const witness = noteSigner('witness.example', generateKeyPairSync('ed25519').privateKey);
  const text = formatCheckpoint(checkpoint);
  const line = (note: string) => note.slice(note.lastIndexOf('\u2014'));
  const mine = line(signNote(text, signer));
  const theirs = line(signNote(text, witness));
  expect(openCheckpoint(`${text}\n${mine}${theirs}`, verifier).ok).toBe(true);
  expect(openCheckpoint(`${text}\n${theirs}${mine}`, verifier).ok).toBe(true);
  expect(openCheckpoint(`${text}\n${theirs}`, verifier)).toEqual({ ok: false, fault: 'wrong-key' });
});

describe('refuses', () => {
  const note = signCheckpoint(checkpoint, signer);
  const other = noteSigner(signer.name, generateKeyPairSync('ed25519').privateKey);
  const elsewhere = { ...checkpoint, origin: 'bailiwick.example/tenant/b' };
  const bad: Record<string, [string, string]> = {
    'another size': [note.replace('20852163', '20852164'), 'bad-signature'],
    'another root': [note.replace('CQkJ', 'CQkK'), 'bad-signature'],
    "another key's note by the same name": [signCheckpoint(checkpoint, other), 'wrong-key'],
    "a note of another log signed by this log's key": [signCheckpoint(elsewhere, signer), 'wrong-origin'],
    'a note without signature': [formatCheckpoint(checkpoint), 'malformed'],
    'a note with its end cut off': [note.slice(0, -1), 'malformed'],
    'a text before the checkpoint': [`hello\n${note}`, 'bad-signature'],
    'a control character': [note.replace('\n\n', '\r\n\n'), 'malformed'],
    'a signed text that is no checkpoint': [signNote('hello\n', signer), 'malformed'],
    'a signature in another base64': [note.replace(/=?=\n$/, '\n'), 'malformed'],
  };
  test.each(Object.entries(bad))('%s', (_name, [forged, fault]) => {
    expect(openCheckpoint(forged, verifier)).toEqual({ ok: false, fault });
  });

  test.each(['a\n01\n', 'a\n-1\n', 'a\n1\n', '\n1\n', 'a\n9007199254740993\n', 'a\n1\nx\n'])(
    'the checkpoint %j',
    (head) => {
      const root = `${Buffer.alloc(32).toString('base64')}\n`;
      expect(parseCheckpoint('a\n1\n'.concat(root))).toBeDefined();
      expect(parseCheckpoint(head === 'a\n1\n' ? head.concat('AAAA\n') : head.concat(root))).toBeUndefined();
    },
  );

  test.each([
    'PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'PeterNeumann+c74f20a3+AhpcQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    '+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'hello',
  ])('the public key %j', (text) => {
    expect(() => parseVerifier(text)).toThrow(expect.objectContaining({ code: 'audit.verifier' }));
  });

  test('a log name that a note could not carry', () => {
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u00a0b']) {
      expect(() => noteSigner(name, signer.privateKey)).toThrow(expect.objectContaining({ code: 'audit.key' }));
    }
  });
});
