import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import { openNote, parseVerifier } from '#security/audit/checkpoint.ts';
import { certificateSigner, certificateType, parseCertificate, type DeletionCertificate } from './certificate.ts';

/**
 * Checks a certificate with nothing but the key. Faults: malformed (cut short, or no signed note), several-signatures,
 * wrong-key, changed (the signature does not belong to this text), wrong-type (signed, but another type or version),
 * invalid (of this type, but not in its form), other-installation (the key is not the one for its certificates).
 * @throws audit.verifier if `key` is not a public key
 */
export function verifyCertificate(note: string, key: string): Verdict<DeletionCertificate> {
  const verifier = parseVerifier(key);
  const signatures = note.slice(note.lastIndexOf('\n\n') + 2).split('\n').length - 1;
  // Others' signatures on a note are allowed in general; a certificate has one, so that everybody has the same bytes.
  if (note.includes('\n\n') && signatures > 1) return reject('several-signatures');
  const opened = openNote(note, verifier);
  if (!opened.ok) return opened.fault === 'bad-signature' ? reject('changed') : opened;
  const text = opened.value;
  if (!text.startsWith(`${certificateType}\n`)) return reject('wrong-type');
  const certificate = parseCertificate(text);
  if (!certificate) return reject('invalid');
  return verifier.name === certificateSigner(certificate.installation)
    ? accept(certificate)
    : reject('other-installation');
}
