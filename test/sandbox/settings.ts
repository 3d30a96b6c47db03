import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { endpointName } from './voice/protocol.ts';

const port = z.int().min(0).max(65_535);

/** Settings of the sandbox as a process. */
const settingsSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  discordPort: port.default(4500),
  lavalinkPort: port.default(4533),
  lavalinkPassword: z.string().min(1).optional(),
  /** TCP and UDP; 0 picks a free one of each. */
  voicePort: port.default(0),
  /** host:port sent to bots instead of the sandbox's own voice endpoint. */
  voiceEndpoint: endpointName.optional(),
  /** Whether the Lavalink node sends sound. If not, it joins voice but sends nothing. */
  sound: z.boolean().default(true),
  stateFile: z.string().min(1).optional(),
  /** The application used for signing in to a portal; created or updated at start. */
  signInApplication: z
    .strictObject({
      name: z.string().min(1).max(32),
      clientId: z.string().regex(/^\d{1,20}$/),
      clientSecret: z.string().min(1),
      redirectUris: z.array(z.url()),
    })
    .optional(),
  tls: z.strictObject({ certPem: z.string(), keyPem: z.string() }).optional(),
});

/** Settings with their defaults filled in. */
export type SandboxSettings = z.output<typeof settingsSchema>;

/**
 * Reads the settings as JSON from an inherited file descriptor, so that no secret is in arguments or environment, or
 * else from flags. Throws an error that names every fault.
 */
export function readSettings(settingsFd: string | undefined, argv: string[]): SandboxSettings {
  const raw: unknown = settingsFd === undefined ? fromFlags(argv) : JSON.parse(readFileSync(fd(settingsFd), 'utf8'));
  const parsed = settingsSchema.safeParse(raw);
  if (!parsed.success) throw new Error(`Settings of the sandbox:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function fd(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) throw new Error('BAILIWICK_SETTINGS_FD is no file descriptor.');
  return number;
}

function fromFlags(argv: string[]): Record<string, unknown> {
  const { values } = parseArgs({
    args: argv,
    options: {
      host: { type: 'string' },
      'discord-port': { type: 'string' },
      'lavalink-port': { type: 'string' },
      'voice-port': { type: 'string' },
      'voice-endpoint': { type: 'string' },
      'no-sound': { type: 'boolean', default: false },
      'state-file': { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
    },
  });
  const cert = values['tls-cert'];
  const key = values['tls-key'];
  return {
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values['discord-port'] === undefined ? {} : { discordPort: Number(values['discord-port']) }),
    ...(values['lavalink-port'] === undefined ? {} : { lavalinkPort: Number(values['lavalink-port']) }),
    ...(values['voice-port'] === undefined ? {} : { voicePort: Number(values['voice-port']) }),
    ...(values['voice-endpoint'] === undefined ? {} : { voiceEndpoint: values['voice-endpoint'] }),
    sound: !values['no-sound'],
    ...(values['state-file'] === undefined ? {} : { stateFile: values['state-file'] }),
    ...(cert === undefined || key === undefined
      ? {}
      : { tls: { certPem: readFileSync(cert, 'utf8'), keyPem: readFileSync(key, 'utf8') } }),
  };
}
