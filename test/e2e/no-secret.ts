import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, test } from 'vitest';
import { deriveKey, openRootKey } from '#security/keyring/keyring-file.ts';
import type { RunningPlatform } from './platform.ts';
import { descendantsOf, type SeenProcess } from './processes.ts';

/** A platform with a history that includes failures, since those are logged most. */
export interface Lived {
  readonly data: string;
  readonly platform: RunningPlatform;
  /** The output of an earlier start, and the sign-in that it printed. */
  readonly earlier: { readonly output: string; readonly ownerSignIn: string };
  /** Values that only their owner may know, with a description of each. */
  readonly secrets: readonly (readonly [name: string, secret: string])[];
}

/**
 * Searches wherever secrets could leak: log files, arguments and environments of processes, everything stored in the
 * database, and the launcher's output. Defines the tests in the calling file, at that point.
 */
export function noSecretStands(lived: () => Lived): void {
  describe('no secret stands', () => {
    let data: string;
    let platform: RunningPlatform;
    let earlier: Lived['earlier'];
    let secrets: ReadonlyMap<string, string>;
    let processes: readonly SeenProcess[];

    beforeAll(async () => {
      ({ data, platform, earlier } = lived());
      secrets = new Map([
        ...lived().secrets,
        ["the owner's sign-in", platform.ownerSignIn],
        ["the owner's earlier sign-in", earlier.ownerSignIn],
        ...(await derivedSecrets(data)),
      ]);
      processes = await descendantsOf(platform.launcher.pid);
    });

    /** The names of the secrets found in a text. */
    const foundIn = (text: string): string[] =>
      [...secrets].filter(([, secret]) => text.includes(secret)).map(([name]) => name);

    test('in a log file, and neither does a token', async () => {
      const folder = path.join(data, 'logs');
      const files = await readdir(folder);
      expect(files.length).toBeGreaterThan(7);
      let bytes = 0;
      for (const file of files) {
        const text = await readFile(path.join(folder, file), 'utf8');
        bytes += text.length;
        expect(foundIn(text), file).toEqual([]);
        expect(text, file).not.toMatch(signedToken);
        expect(text, file).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY-----/);
      }
      expect(bytes).toBeGreaterThan(1_000);
    });

    test('in the arguments or the environment of a process', async () => {
      expect(processes.length).toBeGreaterThan(8);
      let looked = 0;
      for (const { pid, command } of [...processes, { pid: platform.launcher.pid, command: 'the launcher' }]) {
        for (const what of ['cmdline', 'environ']) {
          // Skips processes that ended meanwhile, or whose environment we may not read.
          const text = await readFile(`/proc/${pid}/${what}`, 'utf8').catch(() => undefined);
          if (text === undefined) continue;
          looked += 1;
          expect(foundIn(text), `${what} of ${command}`).toEqual([]);
          expect(text, `${what} of ${command}`).not.toMatch(signedToken);
        }
      }
      expect(looked).toBeGreaterThan(processes.length);
    });

    test("in a bot's environment, which reveals nothing about the platform", async () => {
      const bots = await platform.bots();
      expect(bots).toHaveLength(1);
      const environment = await readFile(`/proc/${bots[0]?.pid}/environ`, 'utf8');
      const names = environment
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => entry.split('=')[0]);
      // How Node talks to its parent and uses memory; nothing about the owner or who started it.
      const harmless = /^(?:NODE_CHANNEL_(?:FD|SERIALIZATION_MODE)|TZ|LANG|UV_THREADPOOL_SIZE|MALLOC_[A-Z_]+)$/;
      expect(names.filter((name) => !harmless.test(name ?? ''))).toEqual([]);
    });

    test('in the database, whatever the column', async () => {
      let values = 0;
      let columns = 0;
      for await (const { column, texts } of storedTexts(platform)) {
        columns += 1;
        values += texts.length;
        const text = texts.join('\n');
        expect(foundIn(text), column).toEqual([]);
        expect(text, column).not.toMatch(signedToken);
        expect(text, column).not.toMatch(/PRIVATE KEY-----|"d":"[\w-]{43}"/);
      }
      expect(columns).toBeGreaterThan(30);
      expect(values).toBeGreaterThan(100);
    });

    test("in the output of the launcher, except for the owner's sign-in, which is meant for the person there", () => {
      expect(foundIn(platform.launcher.output())).toEqual(["the owner's sign-in"]);
      expect(foundIn(earlier.output)).toEqual(["the owner's earlier sign-in"]);
    });

    test('merely unnoticed: the same search finds what it looks for where it belongs', async () => {
      expect(foundIn(`...${secrets.get("Lavalink's password")}...`)).toEqual(["Lavalink's password"]);
      // The token is there, sealed, and was used: the bot is in Discord's guild.
      const [row] = await platform.query<{ sealed: number }>(
        'select length(sealed) as sealed from application_credential',
      );
      expect(row?.sealed).toBeGreaterThan(100);
      expect(process.platform).toBe('linux');
    });
  });
}

/** Everything that a database contains, column by column. Binary values are shown as escaped text, others as text. */
export async function* storedTexts({
  query,
}: Pick<RunningPlatform, 'query'>): AsyncGenerator<{ readonly column: string; readonly texts: readonly string[] }> {
  const columns = await query<{ table: string; column: string; type: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as table, column_name as column, data_type as type from information_schema.columns
     where table_schema not in ('pg_catalog', 'information_schema') and data_type in ('text', 'bytea', 'jsonb', 'json', 'character varying', 'USER-DEFINED', 'ARRAY')`,
  );
  for (const { table, column, type } of columns) {
    const shown = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
    const rows = await query<{ value: string | null }>(`select ${shown} as value from ${table}`);
    yield { column: `${table}.${column}`, texts: rows.map(({ value }) => value ?? '') };
  }
}

/** Secrets that the launcher derives from the root key, each for a single process. */
async function derivedSecrets(data: string): Promise<[string, string][]> {
  const keyring = path.join(data, 'keyring');
  const root = await openRootKey({ file: path.join(keyring, 'root.json'), keyFile: path.join(keyring, 'root.key') });
  const derived = (purpose: string, encoding: 'base64' | 'base64url') => deriveKey(root, purpose).toString(encoding);
  const roles = ['admin', 'identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor'];
  return [
    ["Lavalink's password", derived('lavalink/sandbox', 'base64url')],
    ...roles.map((role): [string, string] => [
      `the database password of ${role}`,
      derived(`postgres/${role}`, 'base64url'),
    ]),
    ...['token-service', 'discord-edge', 'worker', 'audio', 'api'].map((name): [string, string] => [
      `the key of ${name}'s keyring`,
      derived(`custodian/${name}`, 'base64'),
    ]),
  ];
}

/** Anything in the form of a signed token, of any kind. */
const signedToken = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/;
