import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { wholeBody } from '#infra/http/whole-body.ts';
import { callerFault } from '#infra/kernel/errors.ts';

const maxBytes = 4096;

/** Reads a secret from stdin: from a pipe as it is, from a terminal without echo. Never from an argument. */
export async function readSecret(prompt: string): Promise<string> {
  const text = (process.stdin.isTTY ? await ask(prompt) : await piped()).trim();
  if (text.length === 0) throw callerFault('cli.no-secret', 'Nothing was given on stdin.');
  return text;
}

async function ask(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

const piped = async (): Promise<string> => (await wholeBody(process.stdin, maxBytes, tooLong)).toString('utf8');

const tooLong = () => callerFault('cli.secret-too-long', `A secret has at most ${maxBytes} bytes.`);
