import { hostname } from 'node:os';
import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';

/** The name of a machine of an installation. */
export const machineSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be letters, digits, dots, dashes and underscores, 63 at most');

/** Which of how many processes of its kind a process is, and where. */
export const replicaSettingsSchema = z
  .strictObject({
    number: z.number().int().min(1).max(100),
    of: z.number().int().min(1).max(100),
    /** https origin at which gateway-proxy reaches this one, if that is not where it listens. */
    address: z.url({ protocol: /^https$/ }).optional(),
    /** The machine that it runs on, as operators know it; by default its host name. */
    machine: machineSchema.optional(),
  })
  .refine(({ number, of }) => number <= of, 'must not be larger than the number of processes')
  .default({ number: 1, of: 1 });

/** This machine's host name, as far as it can name a machine of an installation. */
export function thisMachine(): string {
  const name = hostname()
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 60);
  return machineSchema.safeParse(name).data ?? 'localhost';
}

/** The machine of a process with these settings. */
export const machineOf = ({ replica }: Pick<Settings, 'replica'>): string => replica.machine ?? thisMachine();

interface Settings {
  readonly replica: z.infer<typeof replicaSettingsSchema>;
  readonly listen: { readonly host: string };
}

/** The origin at which a process registers. @throws replica.address: nobody can be told to call every address of a machine */
export function replicaAddress({ replica, listen }: Settings, { port }: { readonly port: number }): string {
  if (replica.address !== undefined) return new URL(replica.address).origin;
  if (/^[0:.]+$/.test(listen.host))
    throw callerFault(
      'replica.address',
      `This process listens at ${listen.host}: name the address at which gateway-proxy reaches it in replica.address.`,
    );
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return new URL(`https://${host}:${port}`).origin;
}
