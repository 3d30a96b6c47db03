import { Command } from 'commander';
import colors from 'picocolors';
import type { DeletionCertificate } from '#tenants/deletion/certificate.ts';
import { verifyCertificate } from '#tenants/deletion/verify.ts';
import { exitCodes } from '../exit-codes.ts';
import { readText } from '../input-file.ts';
import { print, say } from '../output.ts';
import { jsonOption, type JsonFlag } from './arguments.ts';

/** `bailiwick verify-deletion`: needs the file and the key, and nothing else. */
export const verifyDeletionCommand = (exit: (code: number) => void): Command =>
  new Command('verify-deletion')
    .argument('<file>')
    .description('verify a certificate of deletion offline, with the file and the public key')
    .requiredOption('--key <vkey>', 'the public key, from `deletions key`')
    .addOption(jsonOption('print the result as JSON'))
    .addHelpText('after', '\nExample:\n  bailiwick verify-deletion deletion.txt --key "$(cat deletions.vkey)"')
    .action(async (file: string, { key, json }: JsonFlag & { key: string }) => {
      const verdict = verifyCertificate(await readText(file), key);
      exit(verdict.ok ? exitCodes.done : exitCodes.notTrue);
      if (json)
        return print(verdict.ok ? { valid: true, ...shown(verdict.value) } : { valid: false, fault: verdict.fault });
      if (!verdict.ok) return say(`${colors.red('✗')} ${sentences[verdict.fault] ?? verdict.fault}`);
      const { tenant, installation, endedAt, requestedBy, log } = verdict.value;
      const asked = `at the request of ${requestedBy}`;
      const kept = `its audit log was kept with ${log.size} records`;
      say(`${colors.green('✓')} ${installation} deleted ${tenant} on ${endedAt.toISOString()} ${asked}; ${kept}.`);
    });

/** A certificate as JSON. */
const shown = ({ log, ...certificate }: DeletionCertificate) => ({
  ...certificate,
  log: { size: log.size, root: log.root.toString('base64') },
});

const sentences: Readonly<Record<string, string>> = {
  malformed: 'This is not a complete certificate: it was cut short or damaged.',
  'several-signatures': 'The certificate has more than one signature; a genuine one has exactly one.',
  'wrong-key': 'The certificate was not signed by this key.',
  changed: 'The text of the certificate was changed after it was signed.',
  'wrong-type': 'This is signed by the key, but it is not a certificate of deletion of a version that is known here.',
  invalid: 'This is signed by the key, but it does not have the form of a certificate of deletion.',
  'other-installation': 'The certificate names another installation than the key.',
};
