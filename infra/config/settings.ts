import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { trustPemSchema } from './trust.ts';
import { wholeBody } from '#infra/http/whole-body.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { countOf, faultsOf } from '#infra/kernel/faults.ts';

const maxSettingsBytes = 1024 * 1024;

/**
 * Reads a process's settings: from the pipe whose descriptor BAILIWICK_SETTINGS_FD names (used by a parent process, so
 * that no secret is in argv or the environment), or from the file that BAILIWICK_SETTINGS_FILE names (mounted by an
 * orchestrator). Every fault is reported at once, with its location; values are never printed.
 */
export async function readSettings<Schema extends z.ZodType>(
  schema: Schema,
  env: NodeJS.ProcessEnv = process.env,
): Promise<z.infer<Schema>> {
  const text = await readSource(env);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw callerFault('settings.not-json', 'The settings are not valid JSON.');
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(parsed.error.issues);
  const list = faults.map((fault) => `${fault.at} ${fault.message}`).join('; ');
  throw callerFault('settings.invalid', `The settings have ${countOf(faults)}: ${list}`, 400, faults);
}

async function readSource(env: NodeJS.ProcessEnv): Promise<string> {
  if (env.BAILIWICK_SETTINGS_FD) return readDescriptor(Number(env.BAILIWICK_SETTINGS_FD));
  if (env.BAILIWICK_SETTINGS_FILE) return readFile(env.BAILIWICK_SETTINGS_FILE, 'utf8');
  throw callerFault(
    'settings.missing',
    'There are no settings. Start the platform with `npm start`, or name a settings file in BAILIWICK_SETTINGS_FILE.',
  );
}

async function readDescriptor(descriptor: number): Promise<string> {
  const tooLarge = () => callerFault('settings.too-large', 'The settings are larger than 1 MiB.');
  return (await wholeBody(createReadStream('', { fd: descriptor }), maxSettingsBytes, tooLarge)).toString('utf8');
}

/** The settings of every process: its identity, how it enrols, where it listens. */
export const processSettingsSchema = z.object({
  installation: z.string().min(1),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
  /** The mTLS listener of this process; host is a loopback or Pod address. Port 0 uses a free one. */
  listen: z.object({ host: z.string(), port: z.number().int().min(0).max(65535) }),
  /** Plain HTTP on loopback for /health, /ready, /metrics, /performance. */
  ops: z.object({ host: z.string(), port: z.number().int().min(0).max(65535) }),
});

/** Where the processes of a part listen, any of which can be asked (infra/http/addresses.ts). */
export const addressesSchema = z.strictObject({
  /** Base URL, https. */
  url: z.url({ protocol: /^https$/ }),
  /** Those of its replicas. */
  alternatives: z
    .array(z.url({ protocol: /^https$/ }))
    .max(9)
    .optional(),
});

/** What a process needs to obtain its identity, and the address of gateway-proxy. */
export const enrolmentSettingsSchema = z.object({
  /** The addresses are those of the token service. */
  identity: addressesSchema.extend({
    /** PEM of the certificate authorities that this installation trusts. */
    trustBundlePem: trustPemSchema,
    /** One-time enrolment token. */
    enrolment: z.string().min(20),
  }),
});

export const proxySettingsSchema = z.object({
  /** gateway-proxy's mTLS listeners. */
  proxy: addressesSchema,
});

export const databaseSettingsSchema = z.object({
  database: z.object({
    url: z.string().startsWith('postgres'),
    maxConnections: z.number().int().min(1).max(100).default(4),
  }),
});
