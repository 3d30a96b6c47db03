import { z } from 'zod';
import type { Fault } from '#infra/kernel/errors.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { probeKafka } from '#infra/streaming/probe-kafka.ts';
import { brokersSchema, kafkaSettingsSchema, type KafkaSettings } from '#infra/streaming/settings.ts';
import { eventTopics } from '#services/contracts/streamed-events.ts';

const file = z.string().min(1);

/** `events` of the settings file: what brings events to their consumers; by default the database. */
export const liveEventsSchema = z.discriminatedUnion('carrier', [
  z.strictObject({ carrier: z.literal('postgres') }),
  z
    .strictObject({
      carrier: z.literal('kafka'),
      brokers: brokersSchema,
      user: z.string().min(1).default('worker'),
      passwordFile: file.optional(),
      certificateFile: file.optional(),
      keyFile: file.optional(),
      trustFile: file.optional(),
    })
    .superRefine(({ passwordFile, certificateFile, keyFile }, context) => {
      const add = (at: string, message: string) => context.addIssue({ code: 'custom', path: [at], message });
      if (passwordFile !== undefined) {
        if (certificateFile !== undefined || keyFile !== undefined)
          add('passwordFile', 'must not be beside a certificate: name one of them');
      } else if (certificateFile === undefined)
        add('passwordFile', 'is missing: name it, or certificateFile and keyFile');
      else if (keyFile === undefined) add('keyFile', 'is missing');
    }),
]);
type LiveEvents = z.infer<typeof liveEventsSchema>;

const at = (name: string): string => `/events/${name}`;

/** The files that `events` names, by the path of the setting. */
export const filesOfEvents = (events: LiveEvents): [string, string | undefined][] =>
  events.carrier === 'postgres'
    ? []
    : (['passwordFile', 'certificateFile', 'keyFile', 'trustFile'] as const).map((name) => [at(name), events[name]]);

/** Those of them that must be readable by nobody else. */
export const secretFilesOfEvents = (events: LiveEvents): (string | undefined)[] =>
  events.carrier === 'postgres' ? [] : [events.passwordFile, events.keyFile];

/** What the worker needs, given the contents of those files; undefined if no Kafka is named. */
export function kafkaOf(events: LiveEvents, files: ReadonlyMap<string, string>): KafkaSettings | undefined {
  if (events.carrier === 'postgres') return undefined;
  const of = (name: string) => files.get(at(name));
  const trustPem = of('trustFile');
  const certificatePem = of('certificateFile');
  return {
    carrier: 'kafka',
    brokers: events.brokers,
    ...(trustPem === undefined ? {} : { trustPem }),
    signIn:
      certificatePem === undefined
        ? { kind: 'sasl', user: events.user, password: of('passwordFile') ?? '' }
        : { kind: 'certificate', certificatePem, keyPem: of('keyFile') ?? '' },
  };
}

/** Whether the worker can sign in there over TLS, and the topics exist. */
export async function probeEvents(kafka: KafkaSettings, installation: string): Promise<Fault[]> {
  const parsed = kafkaSettingsSchema.safeParse(kafka);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => ({
      at: at(fileOf[String(path.at(-1))] ?? 'carrier'),
      message,
    }));
  const why = await probeKafka(kafka, installationId(installation), eventTopics);
  if (why === undefined) return [];
  const by = kafka.signIn.kind === 'sasl' ? 'passwordFile' : 'certificateFile';
  return [
    {
      at: at(/password|certificate$|rights/.test(why) ? by : /authority/.test(why) ? 'trustFile' : 'brokers'),
      message: why,
    },
  ];
}

const fileOf: Readonly<Record<string, string>> = {
  trustPem: 'trustFile',
  certificatePem: 'certificateFile',
  keyPem: 'keyFile',
  password: 'passwordFile',
};
