import type { paths } from '#services/contracts/api.ts';
import { mostWaiting } from '#services/contracts/settings.ts';

/** As the API answers. */
export type VersionedSettings =
  paths['/v1/tenants/{tenant}/guilds/{guild}/settings']['get']['responses'][200]['content']['application/json'];

/** A server's settings, one on each line. */
export function describeSettings({ settings, version }: VersionedSettings): string {
  const { language, volume, startFilter, leaveAfterSec, stay, announce, announceIn } = settings;
  const { requestChannel, voiceStatus, fair, queueLimit, skipSegments } = settings;
  return [
    version === 0 ? 'The defaults: nothing has been set' : `Version ${version}`,
    `  language      ${language ?? "the server's at Discord"}`,
    `  volume        ${volume === null ? 'as it was before' : `${volume} %`}`,
    `  filter        ${startFilter ?? 'none'}`,
    `  leave after   ${leavesAfter(stay, leaveAfterSec)}`,
    `  announce      ${announcedIn(announce, announceIn)}`,
    `  requests in   ${requestChannel ?? 'no channel'}`,
    `  voice status  ${voiceStatus ? 'on' : 'off'}`,
    `  fair queue    ${fair ? 'on' : 'off'}`,
    `  queue limit   ${queueLimit ?? mostWaiting}`,
    `  leave out     ${skipSegments === 'off' ? 'nothing' : skipSegments}`,
  ].join('\n');
}

const leavesAfter = (stay: boolean, seconds: number | null): string =>
  stay ? 'never' : seconds === null ? '60 s without listeners, 300 s without music' : `${seconds} s`;

const announcedIn = (announce: boolean, channel: string | null): string =>
  announce ? (channel ?? 'where music was requested') : 'nowhere';
