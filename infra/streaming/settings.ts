import { z } from 'zod';

const pem = (kind: string) =>
  z
    .string()
    .max(50_000)
    .refine((text) => text.includes(`-----BEGIN ${kind}`), `must be PEM with a ${kind.toLowerCase()}`);

/** `host:port`; TLS is always used. */
export const brokerSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?:[1-9]\d{0,4}$/i, 'must be host:port')
  .refine((broker) => Number(broker.slice(broker.lastIndexOf(':') + 1)) <= 65_535, 'must be host:port');
export const brokersSchema = z.array(brokerSchema).min(1).max(20);

/** How the worker reaches Kafka. */
export const kafkaSettingsSchema = z.strictObject({
  carrier: z.literal('kafka'),
  /** Some of the brokers; they name the others. */
  brokers: brokersSchema,
  /** The authority of their certificates, if it is not one of the system's. */
  trustPem: pem('CERTIFICATE').optional(),
  /** Who the worker is: a user with a password (SCRAM-SHA-512), or a certificate. */
  signIn: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('sasl'),
      user: z.string().min(1).max(200),
      password: z.string().min(1).max(1_000),
    }),
    z.strictObject({
      kind: z.literal('certificate'),
      certificatePem: pem('CERTIFICATE'),
      keyPem: z.string().max(50_000).includes('PRIVATE KEY-----', { error: 'must be a private key in PEM' }),
    }),
  ]),
});
export type KafkaSettings = z.infer<typeof kafkaSettingsSchema>;

/** What brings events to their consumers: the database itself, or Kafka. */
export const eventSettingsSchema = z.discriminatedUnion('carrier', [
  z.strictObject({ carrier: z.literal('postgres') }),
  kafkaSettingsSchema,
]);
export type EventSettings = z.infer<typeof eventSettingsSchema>;
