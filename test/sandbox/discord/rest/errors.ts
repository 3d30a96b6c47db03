/** The location of a fault in a body, nested as Discord does: `{ embeds: { 0: { title: { _errors: [...] } } } }`. */
export interface FormErrors {
  [field: string]: FormErrors | { code: string; message: string }[];
}

/** An error in Discord's format (Discord: Opcodes and Status Codes, JSON Error Codes). */
export class DiscordError extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: FormErrors | undefined;

  constructor(status: number, code: number, message: string, errors?: FormErrors) {
    super(message);
    this.name = 'DiscordError';
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  /** The response body. */
  get body() {
    return { message: this.message, code: this.code, ...(this.errors ? { errors: this.errors } : {}) };
  }
}

const catalogue = {
  unauthorized: [401, 0, '401: Unauthorized'],
  notFound: [404, 0, '404: Not Found'],
  methodNotAllowed: [405, 0, '405: Method Not Allowed'],
  unknownApplication: [404, 10002, 'Unknown Application'],
  unknownChannel: [404, 10003, 'Unknown Channel'],
  unknownGuild: [404, 10004, 'Unknown Guild'],
  unknownMember: [404, 10007, 'Unknown Member'],
  unknownMessage: [404, 10008, 'Unknown Message'],
  unknownUser: [404, 10013, 'Unknown User'],
  unknownEmoji: [400, 10014, 'Unknown Emoji'],
  unknownWebhook: [404, 10015, 'Unknown Webhook'],
  unknownInteraction: [404, 10062, 'Unknown interaction'],
  unknownCommand: [404, 10063, 'Unknown application command'],
  unknownVoiceState: [404, 10065, 'Unknown Voice State'],
  tooManyCommands: [400, 30032, 'Maximum number of application commands reached (100)'],
  dailyCommandCreates: [400, 30034, 'Max number of daily application command creates has been reached (200)'],
  alreadyAcknowledged: [400, 40060, 'Interaction has already been acknowledged.'],
  missingAccess: [403, 50001, 'Missing Access'],
  notTheAuthor: [403, 50005, 'Cannot edit a message authored by another user'],
  emptyMessage: [400, 50006, 'Cannot send an empty message'],
  notInThisChannelType: [400, 50024, 'Cannot execute action on this channel type'],
  missingPermissions: [403, 50013, 'Missing Permissions'],
  invalidWebhookToken: [401, 50027, 'Invalid Webhook Token'],
  invalidJson: [400, 50109, 'The request body contains invalid JSON.'],
} as const satisfies Record<string, readonly [number, number, string]>;

/** One of Discord's errors, by name. */
export function refuse(name: keyof typeof catalogue): DiscordError {
  const [status, code, message] = catalogue[name];
  return new DiscordError(status, code, message);
}

/** 50035 for one field; `path` leads to it. */
export function invalidForm(path: readonly PropertyKey[], code: string, message: string): DiscordError {
  const errors: FormErrors = {};
  addFormError(errors, path, code, message);
  return new DiscordError(400, 50035, 'Invalid Form Body', errors);
}

/** Adds a fault to a tree of them; if a nested field is at fault, the enclosing field is not reported too. */
export function addFormError(errors: FormErrors, path: readonly PropertyKey[], code: string, message: string): void {
  let node = errors;
  for (const part of path) {
    const child = (node[String(part)] ??= {});
    if (Array.isArray(child)) return;
    node = child;
  }
  if (Object.keys(node).some((key) => key !== '_errors')) return;
  const listed = (node['_errors'] ??= []);
  if (Array.isArray(listed)) listed.push({ code, message });
}
