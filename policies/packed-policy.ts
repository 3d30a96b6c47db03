import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { BoundedMap } from '#infra/kernel/bounded-map.ts';
import { ruledCommands, type RuledCommand } from './commands.ts';
import { isAbout, type GuildSettings, type VersionedPolicy } from './compile.ts';
import type { GuildPolicy, GuildRule } from './guild-policy.ts';

/** How many commands' rules a process keeps unpacked, over all policies: those of one command take a few KB. */
const maxUnpacked = 2_000;
const unpacked = new BoundedMap<Buffer, readonly GuildRule[]>(maxUnpacked);

/**
 * A guild's policy as a process keeps it for thousands of tenants: the rules about each command compressed, to be
 * unpacked when a decision needs them. A hundred rules take a few KB instead of tens, and unpacking some microseconds.
 */
export class PackedPolicy implements VersionedPolicy {
  readonly version: number;
  readonly settings: GuildSettings;
  readonly timed: boolean;
  readonly #rules: ReadonlyMap<RuledCommand, Buffer>;

  /** @param policy as its schema returned it */
  constructor(version: number, { rules, ...settings }: GuildPolicy) {
    this.version = version;
    this.settings = settings;
    this.timed = rules.some(({ when }) => when);
    const about = ruledCommands.map((command) => [command, rules.filter(isAbout(command))] as const);
    this.#rules = new Map(about.flatMap(([command, found]) => (found.length > 0 ? [[command, pack(found)]] : [])));
  }

  rulesFor(command: RuledCommand): readonly GuildRule[] {
    const packed = this.#rules.get(command);
    if (!packed) return [];
    const known = unpacked.get(packed, 0);
    if (known) return known;
    const rules = JSON.parse(inflateRawSync(packed).toString('utf8')) as GuildRule[];
    unpacked.set(packed, rules);
    return rules;
  }
}

/** Only the compressor's result, without the larger buffer that it may be part of. */
function pack(rules: readonly GuildRule[]): Buffer {
  const packed = deflateRawSync(JSON.stringify(rules));
  const copy = Buffer.allocUnsafeSlow(packed.length);
  packed.copy(copy);
  return copy;
}
