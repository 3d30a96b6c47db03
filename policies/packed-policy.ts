import { createHash } from 'node:crypto';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { inOwnMemory } from '#infra/kernel/own-memory.ts';
import { commandsIn, ruledCommands, type RuledCommand } from './commands.ts';
import {
  permissionKind,
  type ConcerningRule,
  type GuildSettings,
  type LinesAsked,
  type VersionedPolicy,
} from './compile.ts';
import {
  guildPolicySchema,
  permissionBits,
  type GuildPolicy,
  type GuildRule,
  type PermissionName,
} from './guild-policy.ts';
import type { When } from './hours.ts';

const permissionNames = Object.keys(permissionBits) as PermissionName[];
const permissionKinds = permissionNames.map(permissionKind);
/** Of every command, those included that are added later. */
const allCommands = 0xffff;
const [deny, everyone] = [1, 2];
const idBytes = 8;
/*
 * A rule in bytes, numbers in little endian: u16 length of all, u16 commands, u8 flags, u8 permissions, u8 roles, u8
 * users, u8 channels, u8 length of the id, u16 length of the hours; the roles, users and channels, u64 each; the id; the
 * hours in JSON.
 */
const at = { commands: 2, flags: 4, permissions: 5, roles: 6, users: 7, channels: 8, id: 9, when: 10, lists: 12 };

/** What the numbers in packed rules stand for. A policy that was stored when they stood for something else is not read. */
const format = createHash('sha256')
  .update(JSON.stringify(['1', ruledCommands, permissionNames]))
  .digest()
  .subarray(0, 8);
/** Of a stored policy: the format, u32 length of all, u32 length of the settings; the settings in JSON, the rules. */
const stored = { length: format.length, settingsLength: format.length + 4, settings: format.length + 8 };

/** The start of every policy that this process can read without its document, in hexadecimal. */
export const packedFormat: string = format.toString('hex');

/** A policy as it is stored beside its document, so that deciding needs neither to parse nor to validate the document. */
export function packPolicy({ rules, ...settings }: GuildPolicy): Buffer {
  const [text, packed] = [Buffer.from(JSON.stringify(settings)), packRules(rules)];
  const start = Buffer.alloc(stored.settings);
  format.copy(start);
  start.writeUInt32LE(stored.settings + text.length + packed.length, stored.length);
  start.writeUInt32LE(text.length, stored.settingsLength);
  return Buffer.concat([start, text, packed]);
}

/**
 * A guild's policy as a process keeps it for thousands of tenants: its rules in a few kilobytes, of which a decision
 * reads those that may concern its member, and creates no others.
 */
export class PackedPolicy implements VersionedPolicy {
  readonly version: number;
  readonly settings: GuildSettings;
  readonly timed: boolean;
  readonly #rules: Buffer;

  /** @param policy as its schema returned it; `packed` replaces its rules */
  constructor(version: number, { rules, ...settings }: GuildPolicy, packed: Buffer = packRules(rules)) {
    this.version = version;
    this.settings = settings;
    this.#rules = packed;
    this.timed = isTimed(packed);
  }

  /** Reads what packPolicy wrote. @throws Error for anything else, and ZodError for settings that are none */
  static read(version: number, bytes: Buffer): PackedPolicy {
    if (!format.equals(bytes.subarray(0, stored.length))) throw new Error('a packed policy has another format');
    // Without its last rules it would allow what they deny.
    if (bytes.readUInt32LE(stored.length) !== bytes.length) throw new Error('a packed policy is not whole');
    const settingsEnd = stored.settings + bytes.readUInt32LE(stored.settingsLength);
    const settings = JSON.parse(bytes.toString('utf8', stored.settings, settingsEnd)) as object;
    const rules = inOwnMemory(bytes.subarray(settingsEnd));
    return new PackedPolicy(version, guildPolicySchema.parse({ ...settings, rules: [] }), rules);
  }

  rulesFor(command: RuledCommand, asked: LinesAsked): ConcerningRule[] {
    const rules = this.#rules;
    const bit = 1 << ruledCommands.indexOf(command);
    const may = whatMayConcern(asked);
    const found: ConcerningRule[] = [];
    for (let rule = 0; rule < rules.length; rule += rules.readUInt16LE(rule)) {
      if (rules.readUInt16LE(rule + at.commands) & bit && mayConcern(rules, rule, may)) found.push(unpack(rules, rule));
    }
    return found;
  }
}

function packRules(rules: GuildPolicy['rules']): Buffer {
  const hours = rules.map(({ when }) => (when ? JSON.stringify(when) : ''));
  const length = rules.reduce((sum, rule, index) => sum + bytesOf(rule, hours[index] as string), 0);
  // Of its own memory: a slice of Node's pool would keep all of it.
  const packed = Buffer.allocUnsafeSlow(length);
  rules.reduce((offset, rule, index) => pack(rule, hours[index] as string, packed, offset), 0);
  return packed;
}

/** Whether a rule has hours. @throws Error if these are not whole rules, one behind the other */
function isTimed(rules: Buffer): boolean {
  let timed = false;
  let rule = 0;
  while (rule + at.lists <= rules.length) {
    const ids = at8(rules, rule + at.roles) + at8(rules, rule + at.users) + at8(rules, rule + at.channels);
    const hours = rules.readUInt16LE(rule + at.when);
    const length = at.lists + ids * idBytes + at8(rules, rule + at.id) + hours;
    if (length !== rules.readUInt16LE(rule)) break;
    timed ||= hours > 0;
    rule += length;
  }
  if (rule !== rules.length) throw new Error('packed rules are damaged');
  return timed;
}

const bytesOf = ({ id, who, channels }: GuildRule, hours: string): number =>
  at.lists +
  idBytes * ((who.roles?.length ?? 0) + (who.users?.length ?? 0) + (channels?.length ?? 0)) +
  id.length +
  hours.length;

/** Writes a rule, and returns where it ends. Ids of rules, names of zones and times have only ASCII characters. */
function pack(rule: GuildRule, hours: string, into: Buffer, from: number): number {
  const { id, effect, who, commands, channels = [] } = rule;
  const { roles = [], users = [], permissions = [] } = who;
  into.writeUInt16LE(bytesOf(rule, hours), from);
  into.writeUInt16LE(
    commands === 'all' ? allCommands : maskOf(commandsIn(commands), ruledCommands),
    from + at.commands,
  );
  into[from + at.flags] = (effect === 'deny' ? deny : 0) | (who.everyone ? everyone : 0);
  into[from + at.permissions] = maskOf(permissions, permissionNames);
  into[from + at.roles] = roles.length;
  into[from + at.users] = users.length;
  into[from + at.channels] = channels.length;
  into[from + at.id] = id.length;
  into.writeUInt16LE(hours.length, from + at.when);
  let next = from + at.lists;
  for (const ids of [roles, users, channels]) for (const each of ids) next = into.writeBigUInt64LE(BigInt(each), next);
  next += into.write(id, next, 'latin1');
  return next + into.write(hours, next, 'latin1');
}

const maskOf = <Item>(some: readonly Item[], all: readonly Item[]): number =>
  some.reduce((mask, item) => mask | (1 << all.indexOf(item)), 0);

function unpack(rules: Buffer, rule: number): ConcerningRule {
  const flags = at8(rules, rule + at.flags);
  const permissions = at8(rules, rule + at.permissions);
  const usersAt = rule + at.lists + at8(rules, rule + at.roles) * idBytes;
  const channelsAt = usersAt + at8(rules, rule + at.users) * idBytes;
  const idAt = channelsAt + at8(rules, rule + at.channels) * idBytes;
  const whenAt = idAt + at8(rules, rule + at.id);
  const whenEnd = whenAt + rules.readUInt16LE(rule + at.when);
  const who: ConcerningRule['who'] = {};
  if (flags & everyone) who.everyone = true;
  if (usersAt > rule + at.lists) who.roles = idsIn(rules, rule + at.lists, usersAt);
  if (channelsAt > usersAt) who.users = idsIn(rules, usersAt, channelsAt);
  if (permissions) who.permissions = permissionNames.filter((_, index) => permissions & (1 << index));
  const unpacked: ConcerningRule = {
    id: rules.toString('latin1', idAt, whenAt),
    effect: flags & deny ? 'deny' : 'allow',
    who,
  };
  if (idAt > channelsAt) unpacked.channels = idsIn(rules, channelsAt, idAt);
  if (whenEnd > whenAt) unpacked.when = JSON.parse(rules.toString('latin1', whenAt, whenEnd)) as When;
  return unpacked;
}

const at8 = (rules: Buffer, offset: number): number => rules[offset] as number;

function idsIn(rules: Buffer, from: number, to: number): Snowflake[] {
  const ids: Snowflake[] = [];
  for (let offset = from; offset < to; offset += idBytes) ids.push(String(rules.readBigUInt64LE(offset)) as Snowflake);
  return ids;
}

/** What a rule has to name, in numbers that can be compared without creating anything. */
interface Concerned {
  readonly permissions: number;
  /** Of the member's id and roles, and of the places. */
  readonly who: readonly number[];
  readonly places: readonly number[];
}

function whatMayConcern({ subject, places }: LinesAsked): Concerned {
  const who: number[] = [];
  for (const kind of subject.kinds) who.push(lowBits(kind));
  const within: number[] = [];
  for (const place of places) within.push(lowBits(place));
  let permissions = 0;
  for (const [index, kind] of permissionKinds.entries()) if (subject.kinds.has(kind)) permissions |= 1 << index;
  return { permissions, who, places: within };
}

const [zero, nine] = ['0'.charCodeAt(0), '9'.charCodeAt(0)];
/** The lowest 32 bits of the number in a text: what two ids rarely share. */
function lowBits(text: string): number {
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= zero && code <= nine) bits = (Math.imul(bits, 10) + code - zero) >>> 0;
  }
  return bits;
}

/** False only if the rule names neither the member, or none of the places; ids are compared in part. */
function mayConcern(rules: Buffer, rule: number, { permissions, who, places }: Concerned): boolean {
  const people = at8(rules, rule + at.roles) + at8(rules, rule + at.users);
  const channels = at8(rules, rule + at.channels);
  const lists = rule + at.lists;
  const named =
    (at8(rules, rule + at.flags) & everyone) !== 0 ||
    (at8(rules, rule + at.permissions) & permissions) !== 0 ||
    hasOne(rules, lists, people, who);
  return named && (channels === 0 || hasOne(rules, lists + people * idBytes, channels, places));
}

function hasOne(rules: Buffer, from: number, count: number, wanted: readonly number[]): boolean {
  for (let index = 0; index < count; index += 1)
    if (wanted.includes(rules.readUInt32LE(from + index * idBytes))) return true;
  return false;
}
