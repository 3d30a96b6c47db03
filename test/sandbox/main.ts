import { fstatSync } from 'node:fs';
import { readSettings } from './settings.ts';
import { startSandbox } from './sandbox.ts';
import { ensureApplication } from './world/applications.ts';

const settingsFd = process.env['BAILIWICK_SETTINGS_FD'];
const settings = readSettings(settingsFd, process.argv.slice(2));
const { lavalinkPassword, voiceEndpoint, stateFile, tls, signInApplication, ...listening } = settings;
const sandbox = await startSandbox({
  ...listening,
  ...(lavalinkPassword === undefined ? {} : { lavalinkPassword }),
  ...(voiceEndpoint === undefined ? {} : { voiceEndpoint }),
  ...(stateFile === undefined ? {} : { stateFile }),
  ...(tls === undefined ? {} : { tls }),
});

/** Only a pipe or socket shows that its other end is gone; a file or /dev/null ends at once. */
function isPipe(fd: number): boolean {
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket();
}

if (signInApplication) ensureApplication(sandbox.world, signInApplication);

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await sandbox[Symbol.asyncDispose]();
  process.exit(0);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop());
if (settingsFd !== undefined) {
  // A parent that passed settings must not be outlived: nobody else would stop this process.
  if (process.connected) process.on('disconnect', () => void stop());
  else if (isPipe(0)) process.stdin.on('end', () => void stop()).resume();
}

const { host, port } = sandbox.lavalink;
const discord = sandbox.discord.chatUrl.replace(/\/$/, '');
const lavalink = `${tls ? 'https' : 'http'}://${host}:${port}`;
process.stdout.write(`${JSON.stringify({ ready: true, discord, lavalink })}\n`);
