import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import { openNote, parseVerifier, signNote, verifierOf, type NoteSigner, type NoteVerifier } from './checkpoint.ts';

/** One key of a log handing over to the next. FORMAT.md, "Successions". */
export interface Succession {
  /** As vkeys, of which every key has exactly one. */
  readonly predecessor: string;
  readonly successor: string;
  readonly verifiers: { readonly predecessor: NoteVerifier; readonly successor: NoteVerifier };
  /** The largest tree that the predecessor may sign; the successor signs larger ones. */
  readonly size: number;
}

/** Origin, old key, new key, tree size. */
const pattern = /^([^\n]+)\n([^\n]+)\n([^\n]+)\n(0|[1-9]\d{0,15})\n$/;

/** Signed by both: the old key vouches for the new one, and the new one proves that its holder has it. */
export function signSuccession(predecessor: NoteSigner, successor: NoteSigner, size: number): string {
  const text = `${predecessor.name}\n${verifierOf(predecessor)}\n${verifierOf(successor)}\n${size}\n`;
  return signNote(text, predecessor, successor);
}

/**
 * Opens a succession with the keys that it names; whether these are to be trusted is the caller's question. Faults:
 * malformed, wrong-origin (of different logs), unsigned-by-predecessor, unsigned-by-successor, bad-signature.
 */
export function openSuccession(note: string): Verdict<Succession> {
  const text = note.slice(0, note.indexOf('\n\n') + 1);
  const [, origin, predecessor = '', successor = '', digits] = pattern.exec(text) ?? [];
  const [size, old, next] = [Number(digits), verifierIn(predecessor), verifierIn(successor)];
  if (!old || !next || !Number.isSafeInteger(size)) return reject('malformed');
  if (old.name !== origin || next.name !== origin) return reject('wrong-origin');
  for (const [verifier, unsigned] of [
    [old, 'unsigned-by-predecessor'],
    [next, 'unsigned-by-successor'],
  ] as const) {
    const opened = openNote(note, verifier);
    if (!opened.ok) return reject(opened.fault === 'wrong-key' ? unsigned : opened.fault);
    if (opened.value !== text) return reject('malformed');
  }
  return accept({ predecessor, successor, verifiers: { predecessor: old, successor: next }, size });
}

function verifierIn(vkey: string): NoteVerifier | undefined {
  try {
    return parseVerifier(vkey);
  } catch {
    return undefined;
  }
}
