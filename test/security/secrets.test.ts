import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deriveKey, openRootKey } from '#security/keyring/keyring-file.ts';
import { eventually } from '#services/cli/src/demo/story.ts';
import { harmonyHall } from '#test/e2e/places.ts';
import { createInstallation, type Installation, type RunningPlatform } from '#test/e2e/platform.ts';
import { descendantsOf, type SeenProcess } from '#test/e2e/processes.ts';

/**
 * Where secrets could come to light, after a short story on the platform as `npm start` runs it: its log files, its
 * processes' arguments and environments, everything that is stored in the database, and what the launcher printed.
 */
const stack = new AsyncDisposableStack();
let installation: Installation;
let platform: RunningPlatform;
let secrets: ReadonlyMap<string, string>;
let processes: readonly SeenProcess[];

beforeAll(async () => {
  installation = stack.use(await createInstallation());
  platform = stack.use(await installation.start());
  const hall = await harmonyHall(platform.sandbox);
  const tenant = await platform.onboard('Harmony', hall.guild);
  const place = { guild: hall.guild, channel: hall.music, user: hall.max, applicationId: tenant.application.id };
  const max = platform.sandbox.person(place);
  await max.joinVoice(hall.lounge);
  await eventually('its commands are there', async () =>
    (await platform.sandbox.commandNames(hall.guild, hall.music, hall.max)).includes('play'),
  );
  await max.type('play', { query: 'eight second bell' });
  await eventually('it plays', async () =>
    (await platform.sandbox.players()).some(({ connected, positionMs }) => connected && positionMs > 0),
  );
  await max.type('skip');
  // What fails is logged most of all.
  const wrong = 'MTA4NzY1NDMyMTA5ODc2NTQzMg.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789ab';
  await platform.owner
    .call('PUT', `/v1/tenants/${tenant.id}/token`, z.unknown(), { token: wrong })
    .catch(() => undefined);
  await platform.anonymous
    .call('POST', '/v1/sessions', z.unknown(), { oneTimeToken: platform.ownerSignIn })
    .catch(() => undefined);
  secrets = new Map([
    ["the tenant's Discord token", tenant.application.token],
    ["the last part of the tenant's Discord token", tenant.application.token.split('.')[2] ?? ''],
    ['a Discord token that was refused', wrong],
    ["the owner's sign-in", platform.ownerSignIn],
    ...(await derivedSecrets()),
  ]);
  processes = await descendantsOf(platform.launcher.pid);
}, 120_000);

afterAll(() => stack.disposeAsync(), 60_000);

/** What the launcher derives from the root key and gives to one process each. */
async function derivedSecrets(): Promise<[string, string][]> {
  const keyring = path.join(installation.data, 'keyring');
  const root = await openRootKey({ file: path.join(keyring, 'root.json'), keyFile: path.join(keyring, 'root.key') });
  const derived = (purpose: string, encoding: 'base64' | 'base64url') => deriveKey(root, purpose).toString(encoding);
  const roles = ['admin', 'identity', 'proxy', 'edge', 'audio', 'api', 'worker', 'supervisor'];
  return [
    ["Lavalink's password", derived('lavalink/sandbox', 'base64url')],
    ...roles.map((role): [string, string] => [
      `the database password of ${role}`,
      derived(`postgres/${role}`, 'base64url'),
    ]),
    ...['token-service', 'discord-edge', 'worker'].map((name): [string, string] => [
      `the key of ${name}'s keyring`,
      derived(`custodian/${name}`, 'base64'),
    ]),
  ];
}

/** The names of the secrets in a text. */
const foundIn = (text: string): string[] =>
  [...secrets].filter(([, secret]) => text.includes(secret)).map(([name]) => name);

/** Anything in the form of a signed token, of whatever kind. */
const signedToken = /eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/;

describe('no secret stands', () => {
  it('in a log file, and neither does a token', async () => {
    const folder = path.join(installation.data, 'logs');
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

  it('in the arguments or the environment of a process', async () => {
    expect(processes.length).toBeGreaterThan(8);
    let looked = 0;
    for (const { pid, command } of [...processes, { pid: platform.launcher.pid, command: 'the launcher' }]) {
      for (const what of ['cmdline', 'environ']) {
        // A process that ended meanwhile, or of a user whose environment we may not read, is not looked at.
        const text = await readFile(`/proc/${pid}/${what}`, 'utf8').catch(() => undefined);
        if (text === undefined) continue;
        looked += 1;
        expect(foundIn(text), `${what} of ${command}`).toEqual([]);
        expect(text, `${what} of ${command}`).not.toMatch(signedToken);
      }
    }
    expect(looked).toBeGreaterThan(processes.length);
  });

  it("in a bot's environment, which says nothing of the platform", async () => {
    const bots = await platform.bots();
    expect(bots).toHaveLength(1);
    const environment = await readFile(`/proc/${bots[0]?.pid}/environ`, 'utf8');
    const names = environment
      .split('\0')
      .filter((entry) => entry !== '')
      .map((entry) => entry.split('=')[0]);
    // How Node talks to its parent, and how it uses memory; nothing of whom it belongs to or who started it.
    const harmless = /^(?:NODE_CHANNEL_(?:FD|SERIALIZATION_MODE)|TZ|LANG|UV_THREADPOOL_SIZE|MALLOC_[A-Z_]+)$/;
    expect(names.filter((name) => !harmless.test(name ?? ''))).toEqual([]);
  });

  it('in the database, whatever the column', async () => {
    const columns = await platform.query<{ table: string; column: string; type: string }>(
      `select table_name as table, column_name as column, data_type as type from information_schema.columns
       where table_schema not in ('pg_catalog', 'information_schema') and data_type in ('text', 'bytea', 'jsonb', 'json', 'character varying', 'USER-DEFINED', 'ARRAY')`,
    );
    expect(columns.length).toBeGreaterThan(30);
    let values = 0;
    for (const { table, column, type } of columns) {
      // Bytes are looked at as they are and as text; text as it is.
      const shown = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
      const rows = await platform.query<{ value: string | null }>(`select ${shown} as value from "${table}"`);
      values += rows.length;
      const text = rows.map(({ value }) => value ?? '').join('\n');
      expect(foundIn(text), `${table}.${column}`).toEqual([]);
      expect(text, `${table}.${column}`).not.toMatch(signedToken);
      expect(text, `${table}.${column}`).not.toMatch(/PRIVATE KEY-----|"d":"[\w-]{43}"/);
    }
    expect(values).toBeGreaterThan(100);
  });

  it("in what the launcher printed, but for the owner's sign-in, which is meant for whoever sits there", () => {
    expect(foundIn(platform.launcher.output())).toEqual(["the owner's sign-in"]);
  });

  it('nowhere at all only because nobody looked: what is looked for is found where it has to be', async () => {
    expect(foundIn(`...${secrets.get("Lavalink's password")}...`)).toEqual(["Lavalink's password"]);
    // The token is there, sealed, and was used: the bot is in Discord's guild.
    const [row] = await platform.query<{ sealed: number }>(
      'select length(sealed) as sealed from application_credential',
    );
    expect(row?.sealed).toBeGreaterThan(100);
    expect(process.platform).toBe('linux');
  });
});
