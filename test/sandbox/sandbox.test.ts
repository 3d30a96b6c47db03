import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Agent, fetch as secureFetch } from 'undici';
import { Client, Events, GatewayIntentBits } from 'discord.js';
import { WebSocket } from 'ws';
import { describe, expect, test } from 'vitest';
import { startSandbox } from './sandbox.ts';
import { selfSigned } from './voice/self-signed.ts';
import { createApplication, installApplication } from './world/applications.ts';
import { goToVoice, writeMessage } from './world/acting/person.ts';

const stateFile = () => join(mkdtempSync(join(tmpdir(), 'sandbox-')), 'state.json');

describe('a world with a state file', () => {
  test('outlives its process: applications, tokens, guilds and messages, but nobody stays in voice', async () => {
    const file = stateFile();
    let before;
    {
      await using sandbox = await startSandbox({ stateFile: file });
      const { world } = sandbox;
      const guild = world.guildByName('Harmony Hall');
      const [owner] = guild?.members ?? [];
      if (!guild || !owner) throw new Error('The seed lacks its guild.');
      const application = createApplication(world, 'Kept', owner.userId);
      installApplication(world, guild.id, application.id);
      const text = guild.channels.find((channel) => channel.name === 'general')?.id ?? '';
      const { message } = writeMessage(world, text, owner.userId, 'Still here');
      goToVoice(world, guild.id, owner.userId, guild.channels.find((channel) => channel.name === 'Lounge')?.id ?? '');
      before = { guildId: guild.id, id: application.id, token: application.token, messageId: message.id };
    }
    await using again = await startSandbox({ stateFile: file });
    const guild = again.world.guild(before.guildId);
    expect(guild.applications).toContain(before.id);
    expect(guild.voiceStates).toEqual([]);
    expect(again.world.application(before.id).token).toBe(before.token);
    expect(again.world.messages.get(before.messageId)?.message.content).toBe('Still here');
    const fresh = createApplication(again.world, 'Later', guild.ownerId);
    expect(BigInt(fresh.id)).toBeGreaterThan(BigInt(before.messageId));
  });

  test('is readable only by its owner, since it contains tokens', async () => {
    const file = stateFile();
    await using _sandbox = await startSandbox({ stateFile: file });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: 1 });
  });
});

describe('TLS', () => {
  test('serves REST as https and the gateway as wss, and gives such URLs', async () => {
    const tls = await selfSigned();
    await using sandbox = await startSandbox({ tls });
    expect(sandbox.discord.apiUrl).toMatch(/^https:/);
    const { token } = sandbox.world.applicationByName('Melody') ?? { token: '' };
    const answer = await secureFetch(`${sandbox.discord.apiUrl}/v10/gateway/bot`, {
      headers: { authorization: `Bot ${token}` },
      dispatcher: new Agent({ connect: { ca: tls.certPem } }),
    });
    const { url } = (await answer.json()) as { url: string };
    expect(url).toBe(sandbox.discord.gatewayUrl);
    const socket = new WebSocket(`${url}?v=10&encoding=json`, { ca: tls.certPem });
    const [hello] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(hello.toString())).toMatchObject({ op: 10 });
    socket.terminate();
  });
});

describe('the process', () => {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));

  async function start(stdio: 'pipe' | 'ipc'): Promise<{ child: ChildProcess; ready: Record<string, unknown> }> {
    const child = spawn(process.execPath, [main], {
      stdio: ['pipe', 'pipe', 'inherit', 'pipe', ...(stdio === 'ipc' ? ['ipc' as const] : [])],
      env: { ...process.env, BAILIWICK_SETTINGS_FD: '3' },
    });
    (child.stdio[3] as Writable).end(JSON.stringify({ discordPort: 0, lavalinkPort: 0, lavalinkPassword: 'known' }));
    if (!child.stdout) throw new Error('No output.');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { child, ready: JSON.parse(line) as Record<string, unknown> };
  }

  test('reads its settings from a file descriptor, says where it listens, and stops on SIGTERM', async () => {
    const { child, ready } = await start('pipe');
    expect(ready).toMatchObject({ ready: true });
    const version = await fetch(`${String(ready['lavalink'])}/version`, { headers: { authorization: 'known' } });
    expect(version.status).toBe(200);
    expect((await fetch(`${String(ready['discord'])}/sandbox/state`)).status).toBe(200);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  test.each([
    { name: 'the input', stdio: 'pipe' as const, leave: (child: ChildProcess) => child.stdin?.end() },
    { name: 'the IPC channel', stdio: 'ipc' as const, leave: (child: ChildProcess) => child.disconnect() },
  ])('ends when its parent closes $name', async ({ stdio, leave }) => {
    const { child } = await start(stdio);
    const exited = once(child, 'exit');
    leave(child);
    expect((await exited)[0]).toBe(0);
  });

  test('names every fault of its settings and does not start', async () => {
    const wrong = ['--discord-port', '99999', '--lavalink-port', 'x', '--voice-endpoint', 'no-port'];
    const child = spawn(process.execPath, [main, ...wrong], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    expect((await once(child, 'close'))[0]).toBe(1);
    expect(said).toContain('discordPort');
    expect(said).toContain('lavalinkPort');
    expect(said).toContain('voiceEndpoint');
  });
});

test('a client that never logged in gets nothing from the gateway', async () => {
  await using sandbox = await startSandbox();
  const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: sandbox.discord.apiUrl } });
  const failed = client.login('not-a-token');
  await expect(failed).rejects.toThrow('invalid token');
  expect(client.listenerCount(Events.ClientReady)).toBe(0);
});
