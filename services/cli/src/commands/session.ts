import { rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { dataOf } from '#services/contracts/api-client.ts';
import { createApiClient, sessionFile, type ApiClient } from '../client.ts';
import { print, say } from '../output.ts';
import { readSecret } from '../secret-input.ts';
import { httpUrl } from './arguments.ts';

/** BAILIWICK_SESSION names another file, for scripts and for several installations. */
const file = () => process.env.BAILIWICK_SESSION ?? path.join(homedir(), '.config', 'bailiwick', 'session.json');

/** Kept beside the session: the ids of the tenants last listed, which the shell offers as completions. */
const tenantsFile = () => `${file()}.tenants`;

/** Keeps them for the shell; if the file cannot be written, there are just no completions. */
export async function rememberTenants(ids: readonly string[]): Promise<void> {
  await writeFile(tenantsFile(), ids.map((id) => `${id}\n`).join(''), { mode: 0o600 }).catch(() => undefined);
}

/** The API client of the user who is signed in. */
export async function signedIn(): Promise<ApiClient> {
  const session = await sessionFile.read(file());
  return createApiClient(session.url, session.token);
}

/** `bailiwick login` and `logout`. */
export function sessionCommands(): Command[] {
  const login = new Command('login')
    .description('sign in with a one-time operator sign-in: the link, or the code at its end (read from stdin)')
    .option('--url <url>', "the API's address", httpUrl, 'http://127.0.0.1:8080')
    .option('--json', 'print who signed in, and until when, as JSON')
    .addHelpText('after', '\nExample:\n  bailiwick login --url https://bots.example.com')
    .action(async ({ url, json }: { url: string; json?: boolean }) => {
      // In a link, the code is what follows the #.
      const oneTimeToken = (await readSecret('Operator sign-in (link or code): ')).replace(/^.*#/s, '');
      const answer = await dataOf(createApiClient(url).api.POST('/v1/sessions', { body: { oneTimeToken } }));
      await sessionFile.write(file(), { url, token: answer.token });
      await rm(tenantsFile(), { force: true });
      const { subject, expiresAt } = answer;
      if (json) print({ url, subject, expiresAt });
      else say(`Signed in as ${subject} until ${expiresAt}`);
    });
  const logout = new Command('logout')
    .description('end the session')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  bailiwick logout')
    .action(async ({ json }: { json?: boolean }) => {
      await (await signedIn()).api.DELETE('/v1/sessions/current');
      await sessionFile.remove(file());
      await rm(tenantsFile(), { force: true });
      if (json) print({ signedOut: true });
      else say('Signed out');
    });
  return [login, logout];
}
