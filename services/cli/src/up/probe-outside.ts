import { z } from 'zod';
import type { Fault } from '#infra/kernel/errors.ts';
import { probe } from './probe.ts';

/** Whether Discord is at this address. */
export async function probeDiscord(apiUrl: string, trustPem: string | undefined): Promise<Fault | undefined> {
  const at = '/discord/apiUrl';
  const answer = await probe(`${apiUrl.replace(/\/$/, '')}/v10/gateway`, {}, trustPem);
  if (typeof answer === 'string') return { at, message: `cannot be reached: ${answer}` };
  const gateway = z.object({ url: z.string().startsWith('wss://') }).safeParse(answer.body);
  return gateway.success ? undefined : { at, message: `does not answer as Discord does (HTTP ${answer.status})` };
}

/** Whether a Lavalink 4 node is at this address and accepts the password; `at`: its path in the settings. */
export async function probeLavalink(
  url: string,
  at: string,
  password: string,
  trustPem: string | undefined,
): Promise<Fault | undefined> {
  const answer = await probe(`${url.replace(/\/$/, '')}/v4/info`, { authorization: password }, trustPem);
  if (typeof answer === 'string') return { at: `${at}/url`, message: `cannot be reached: ${answer}` };
  if (answer.status === 401 || answer.status === 403)
    return { at: `${at}/passwordFile`, message: 'the node does not accept this password' };
  const info = z.object({ version: z.object({ major: z.number() }) }).safeParse(answer.body);
  if (!info.success) return { at: `${at}/url`, message: `does not answer as Lavalink 4 does (HTTP ${answer.status})` };
  if (info.data.version.major === 4) return undefined;
  return { at: `${at}/url`, message: `is Lavalink ${info.data.version.major}; 4 is needed` };
}
