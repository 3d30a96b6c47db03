import { readFile } from 'node:fs/promises';
import { callerFault } from '#infra/kernel/errors.ts';
import { lookAtLiveSettings, type LiveSettings } from '../up/live.ts';

/**
 * Settings whose keys and database can be used now; Discord and Lavalink need not answer.
 * @throws keys.no-settings, keys.settings, live.settings
 */
export async function settingsIn(file: string): Promise<LiveSettings> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw callerFault('keys.no-settings', `${file} cannot be read. Name the settings file.`);
  const { settings, faults } = await lookAtLiveSettings(text, file);
  const fault = faults.find(({ at }) => at.startsWith('/keys') || at.startsWith('/databaseUrlFile'));
  if (fault) throw callerFault('keys.settings', `${file}: ${fault.at} ${fault.message}.`);
  return settings;
}
