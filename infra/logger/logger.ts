import pino, { type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** Field names that are never logged, at any of the depths that this project logs. */
const secretFields = [
  'token',
  'authorization',
  'password',
  'passphrase',
  'secret',
  'privateKey',
  'txn',
  'txnToken',
  'txn-token',
  'callToken',
  'grant',
  'cookie',
  'enrolment',
];
const paths = secretFields.flatMap((field) => {
  const name = field.includes('-') ? `["${field}"]` : field;
  const dot = field.includes('-') ? '' : '.';
  return [name, `*${dot}${name}`, `*.*${dot}${name}`];
});

/** Anything in a text that looks like a JWT, a Discord bot token or a bearer credential. */
const secretText = [
  /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g,
  /[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}/g,
  /\b(Bearer|Bot) [\w.~+/=-]{8,}/g,
];

/** Removes what looks like a secret from text of foreign origin (a child's output, an upstream's error). */
export const redactText = (text: string): string =>
  secretText.reduce((clean, pattern) => clean.replace(pattern, '[redacted]'), text);

/** One JSON line per event on stderr, with secrets removed by name and by pattern. */
export function createLogger(process: string, level = 'info', destination?: pino.DestinationStream): Logger {
  return pino(
    {
      level,
      base: { process },
      redact: { paths, censor: '[redacted]' },
      hooks: {
        logMethod(args, method) {
          const clean = args.map((arg) => (typeof arg === 'string' ? redactText(arg) : arg)) as typeof args;
          method.apply(this, clean);
        },
      },
      serializers: { err: serializeError, error: serializeError },
    },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
}

function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? redactText(error) : error;
  const code = 'code' in error ? error.code : undefined;
  const operatorMessage = 'operatorMessage' in error ? error.operatorMessage : undefined;
  return {
    name: error.name,
    code,
    message: redactText(error.message),
    operatorMessage: typeof operatorMessage === 'string' ? redactText(operatorMessage) : undefined,
    stack: error.stack ? redactText(error.stack) : undefined,
    cause: error.cause === undefined ? undefined : serializeError(error.cause),
  };
}

/** A logger that writes nothing; for tests that do not check the log. */
export const silentLogger = (): Logger => pino({ level: 'silent' });
