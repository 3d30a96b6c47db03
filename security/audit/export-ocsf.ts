import type { Evidence } from './evidence.ts';
import type { Header } from './export-format.ts';

/** The schema's version: schema.ocsf.io/1.8.0. */
export const ocsfVersion = '1.8.0';
/** How records are mapped to events. Another mapping gets another number. */
export const ocsfMapping = 'bailiwick-audit-ocsf/1';

/** What the events of one file have in common. */
export type OcsfContext = Pick<Header, 'origin' | 'tenant' | 'exportedAt'>;

type Fields = Readonly<Record<string, unknown>>;
type Event = Record<string, unknown>;

const baseEvent = 0;
const entityManagement = { class_uid: 3004, class_name: 'Entity Management', category_uid: 3 } as const;
const apiActivity = { class_uid: 6003, class_name: 'API Activity', category_uid: 6 } as const;

/**
 * One line of the export as one OCSF event on one line of JSON: decisions and security events as API Activity (6003),
 * changes as Entity Management (3004), everything else as Base Event (0). `raw_data` is the line itself.
 */
export function ocsfEvent(evidence: Evidence, context: OcsfContext): string {
  const { record } = evidence;
  const event = record === undefined ? framing(evidence, context) : eventOf(record, context);
  const { metadata, ...rest } = event;
  const sequence = evidence.index === undefined ? {} : { sequence: evidence.index };
  return JSON.stringify({ ...rest, metadata: { ...fieldsOf(metadata), ...sequence }, raw_data: evidence.text });
}

/** The meaning of `activity_id`. */
const activityNames = ['Create', 'Read', 'Update', 'Delete'];

const messages = {
  header: 'An export of an audit log begins.',
  succession: 'The key that signs the audit log is replaced.',
  waypoint: 'A signed checkpoint of the audit log.',
  trailer: 'The export ends.',
  text: 'A leaf of the audit log that is not a record.',
  record: '',
  redacted: '',
} as const;

const framing = ({ kind }: Evidence, context: OcsfContext): Event => ({
  activity_id: 99,
  activity_name: kind,
  category_uid: 0,
  class_uid: baseEvent,
  type_uid: baseEvent * 100 + 99,
  severity_id: 1,
  time: Date.parse(context.exportedAt),
  message: messages[kind],
  metadata: metadataOf(context),
});

const metadataOf = ({ origin, tenant }: OcsfContext) => ({
  version: ocsfVersion,
  product: { name: 'Bailiwick', vendor_name: 'Bailiwick' },
  log_name: origin,
  log_version: ocsfMapping,
  tenant_uid: tenant,
});

function eventOf(record: Fields, context: OcsfContext): Event {
  const isChange = record['kind'] === 'change' || record['kind'] === 'lifecycle';
  const about = isChange ? entityManagement : apiActivity;
  const action = textOf(record['action']) ?? '';
  const activity = activityOf(action);
  const profiles = isChange ? {} : { profiles: ['security_control'] };
  return {
    ...about,
    activity_id: activity,
    activity_name: activityNames[activity - 1] ?? action,
    type_uid: about.class_uid * 100 + activity,
    time: Date.parse(textOf(record['time']) ?? ''),
    ...severityOf(record),
    ...statusOf(record),
    actor: actorOf(record),
    ...(isChange ? changeOf(record, context) : callOf(record)),
    metadata: {
      ...metadataOf(context),
      ...profiles,
      uid: record['id'],
      event_code: action,
      original_time: record['time'],
      ...optional('correlation_uid', record['transaction']),
    },
    unmapped: unmappedOf(record),
  };
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const activities = [
  words('create enqueue store start invite sign-in import'),
  words('read search events stream load connect check list export validate'),
  words('update write set pause resume skip volume move message suspend rotate send rest accept rollback copy replace'),
  words('delete remove stop revoke sign-out'),
];

/** 1 create, 2 read, 3 update, 4 delete, by the last word of the action; 99 for any other. */
function activityOf(action: string): number {
  const word = action.slice(action.lastIndexOf('.') + 1);
  const at = activities.findIndex((known) => known.has(word));
  return at < 0 ? 99 : at + 1;
}

/** Low for what was denied or failed, medium for a security event, otherwise informational. */
function severityOf({ kind, outcome }: Fields): Event {
  if (kind === 'security') return { severity_id: 3, severity: 'Medium' };
  const refused = outcome === 'denied' || outcome === 'failed';
  return refused ? { severity_id: 2, severity: 'Low' } : { severity_id: 1, severity: 'Informational' };
}

function statusOf({ outcome, reason }: Fields): Event {
  const well = outcome === 'allowed' || outcome === 'succeeded';
  return {
    status_id: well ? 1 : 2,
    status: well ? 'Success' : 'Failure',
    ...optional('status_code', outcome),
    ...optional('status_detail', reason),
  };
}

/** A person is `user`; the process that acted, for a person or by itself, is `app_uid`. */
function actorOf(record: Fields): Event {
  const [actor, onBehalfOf] = [fieldsOf(record['actor']), fieldsOf(record['onBehalfOf'])];
  return { ...partOf(actor), ...(record['onBehalfOf'] === undefined ? {} : partOf(onBehalfOf)) };
}

const people = new Set(['discord-member', 'tenant-member', 'operator']);

function partOf({ type, id }: Fields): Event {
  if (!people.has(textOf(type) ?? '')) return { app_name: type, app_uid: id };
  const isAdmin = type === 'operator';
  return { user: { uid: id, type, type_id: isAdmin ? 2 : 1 } };
}

function callOf(record: Fields): Event {
  const { decision, rule, policyVersion, outcome, target, guild, channel, requestId, reason } = record;
  const denied = outcome === 'denied';
  const allowed = outcome === 'allowed' || outcome === 'succeeded';
  const actor = fieldsOf(record['actor']);
  const policy = {
    ...optional('name', rule ?? (decision === undefined ? undefined : 'none')),
    ...optional('version', policyVersion),
  };
  return {
    api: {
      operation: record['action'],
      service: { name: 'Bailiwick' },
      ...(requestId === undefined ? {} : { request: { uid: requestId } }),
      ...(denied ? { response: { error: 'denied', ...optional('error_message', reason) } } : {}),
    },
    src_endpoint: { uid: actor['id'], ...optional('name', actor['type']) },
    action_id: denied ? 2 : allowed ? 1 : 0,
    disposition_id: denied ? 2 : allowed ? 1 : 0,
    ...(decision === undefined ? {} : { authorizations: [{ decision, policy }] }),
    ...listOf('resources', [
      ...resource('guild', guild),
      ...resource('channel', channel),
      ...resource('target', target),
    ]),
  };
}

function changeOf(record: Fields, { tenant }: OcsfContext): Event {
  const { target, guild, reason } = record;
  const [type, uid] =
    target !== undefined ? ['target', target] : guild !== undefined ? ['guild', guild] : ['tenant', tenant];
  return { entity: { type, uid }, ...optional('comment', reason) };
}

const taken = new Set(['id', 'time', 'tenant', 'action', 'outcome', 'actor', 'onBehalfOf', 'reason', 'transaction']);

/** Everything that the classes have no field for. */
const unmappedOf = (record: Fields): Event =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !taken.has(name)));

const resource = (type: string, uid: unknown): Event[] => (uid === undefined ? [] : [{ type, uid }]);
const listOf = (name: string, list: readonly Event[]): Event => (list.length === 0 ? {} : { [name]: list });
const optional = (name: string, value: unknown): Event => (value === undefined ? {} : { [name]: value });
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
