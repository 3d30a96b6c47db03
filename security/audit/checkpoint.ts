import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import { hashBytes } from './merkle.ts';

/**
 * The contents of a checkpoint: the log, the number of its leaves, and the root hash over them (C2SP tlog-checkpoint).
 */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** The signer of one log's notes. The name is the log's origin. */
export interface NoteSigner {
  readonly name: string;
  readonly keyId: Buffer;
  readonly privateKey: KeyObject;
}

/** The key whose notes are trusted; the contents of a "vkey" (golang.org/x/mod/sumdb/note). */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Buffer;
  readonly publicKey: KeyObject;
}

/** Signature type of Ed25519 in C2SP signed-note. */
const ed25519 = 0x01;
const publicKeyBytes = 32;
const keyIdBytes = 4;
const maxNoteBytes = 64 * 1024;
const maxSignatures = 64;
const signaturePrefix = '\u2014 ';

/** SHA-256(name || 0x0A || type || public key), the first four bytes: C2SP signed-note, "Signatures". */
function keyIdOf(name: string, publicKey: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519), publicKey]), 'buffer').subarray(
    0,
    keyIdBytes,
  );
}

function rawPublicKey(key: KeyObject): Buffer {
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519' || !x) throw platformFault('audit.key', 'A log key must be an Ed25519 key.');
  return Buffer.from(x, 'base64url');
}

const isName = (name: string): boolean => name.length > 0 && name.isWellFormed() && !/[\s+\p{Cc}\p{Z}]/u.test(name);

/** @throws audit.key for another kind of key, or a name that a note cannot carry */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  if (!isName(name)) throw platformFault('audit.key', 'A log name has no spaces, plus signs or control characters.');
  return { name, keyId: keyIdOf(name, rawPublicKey(privateKey)), privateKey };
}

/** The form in which an auditor gets the log's key: `name+key id in hex+base64(type || public key)`. */
export function verifierOf(signer: NoteSigner): string {
  const encoded = Buffer.concat([Buffer.of(ed25519), rawPublicKey(signer.privateKey)]).toString('base64');
  return `${signer.name}+${signer.keyId.toString('hex')}+${encoded}`;
}

/** @throws audit.verifier if it is not a vkey, or its key id does not belong to its key */
export function parseVerifier(text: string): NoteVerifier {
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text);
  const [, name = '', keyId = '', encoded = ''] = match ?? [];
  const bytes = strictBase64(encoded);
  if (!bytes || bytes.length !== 1 + publicKeyBytes || bytes[0] !== ed25519 || !isName(name)) throw notAVerifier();
  const raw = bytes.subarray(1);
  const expected = keyIdOf(name, raw);
  if (expected.toString('hex') !== keyId) throw notAVerifier();
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
  return { name, keyId: expected, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) };
}

const notAVerifier = () =>
  callerFault(
    'audit.verifier',
    'This is not the public key of an audit log, which has the form name+8 hex digits+base64.',
  );

/** Base64 in its one canonical form; undefined for anything else. */
function strictBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** The text of a checkpoint: three lines, each terminated (C2SP tlog-checkpoint, "Note text"). */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${size}\n${root.toString('base64')}\n`;

/** Parses a checkpoint's text; undefined if it is not one. Extension lines are refused: this log writes none. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const match = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text);
  const [, origin = '', digits = '', encoded = ''] = match ?? [];
  const size = Number(digits);
  const root = strictBase64(encoded);
  if (!match || !Number.isSafeInteger(size) || root?.length !== hashBytes) return undefined;
  return { origin, size, root };
}

/** A note: the text, an empty line, and one line for each signature (C2SP signed-note). The text ends with a newline. */
export function signNote(text: string, ...signers: readonly NoteSigner[]): string {
  const lines = signers.map(({ name, keyId, privateKey }) => {
    const signature = sign(null, Buffer.from(text), privateKey);
    return `${signaturePrefix}${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * The text of a note signed by the given key; signatures by unknown keys are ignored, as C2SP signed-note requires.
 * Faults: malformed, wrong-key (not signed by this key), bad-signature (the key's name and id, but it does not verify).
 */
export function openNote(note: string, verifier: NoteVerifier): Verdict<string> {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || Buffer.byteLength(note) > maxNoteBytes || hasControls(note))
    return reject('malformed');
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > maxSignatures) return reject('malformed');
  let signed = false;
  for (const line of lines) {
    const signature = parseSignature(line);
    if (!signature) return reject('malformed');
    if (signature.name !== verifier.name || !signature.keyId.equals(verifier.keyId)) continue;
    if (!verify(null, Buffer.from(text), verifier.publicKey, signature.bytes)) return reject('bad-signature');
    signed = true;
  }
  return signed ? accept(text) : reject('wrong-key');
}

const hasControls = (note: string): boolean =>
  !note.isWellFormed() || [...note].some((character) => character < ' ' && character !== '\n');

function parseSignature(line: string): { name: string; keyId: Buffer; bytes: Buffer } | undefined {
  const [name = '', encoded = '', ...rest] = line.startsWith(signaturePrefix)
    ? line.slice(signaturePrefix.length).split(' ')
    : [];
  const bytes = strictBase64(encoded);
  if (rest.length > 0 || !isName(name) || !bytes || bytes.length <= keyIdBytes) return undefined;
  return { name, keyId: bytes.subarray(0, keyIdBytes), bytes: bytes.subarray(keyIdBytes) };
}

/** Signs the state of a log. A log must not sign a state that is inconsistent with one that it has published. */
export const signCheckpoint = (checkpoint: Checkpoint, signer: NoteSigner): string =>
  signNote(formatCheckpoint(checkpoint), signer);

/** Opens a note and parses its checkpoint. Faults: as `openNote`, and wrong-origin if it belongs to another log. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Verdict<Checkpoint> {
  const opened = openNote(note, verifier);
  if (!opened.ok) return opened;
  const checkpoint = parseCheckpoint(opened.value);
  if (!checkpoint) return reject('malformed');
  return checkpoint.origin === verifier.name ? accept(checkpoint) : reject('wrong-origin');
}
