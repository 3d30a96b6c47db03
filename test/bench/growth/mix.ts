import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { createAudience } from '../../e2e/audience.ts';
import type { RunningPlatform } from '../../e2e/platform.ts';
import type { Person } from '../../e2e/sandbox.ts';

/** How often each action was done. */
export type Counts = Map<string, number>;

interface House {
  readonly tenant: string;
  readonly guild: string;
  readonly people: readonly Person[];
}

const peoplePerGuild = 10;
const commandEveryMs = 250;
const apiEveryMs = 250;

/** A tenant with a playing bot, in a guild of its own with people in its voice channel. */
export async function house(platform: RunningPlatform, index: number): Promise<House> {
  const { tenant, guild, people } = await createAudience(platform, index, peoplePerGuild);
  return { tenant: tenant.id, guild, people };
}

const commands = [
  ['queue'],
  ['play', { query: 'weather systems' }],
  ['volume', { percent: 80 }],
  ['nowplaying'],
  ['queue'],
  ['skip'],
  ['play', { query: 'overnight express' }],
  ['pause'],
  ['resume'],
  ['nowplaying'],
] as const;

/**
 * A moderate load until it is aborted: four commands and four API requests a second, a page that follows each tenant,
 * and an occasional sign-in.
 */
export async function mix(platform: RunningPlatform, houses: readonly House[], over: AbortSignal): Promise<Counts> {
  const counts: Counts = new Map();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);
  const { owner } = platform;
  const reads = (tenant: string, guild: string) => [
    `/v1/tenants/${tenant}`,
    `/v1/tenants/${tenant}/guilds`,
    `/v1/tenants/${tenant}/guilds/${guild}/player`,
    `/v1/tenants/${tenant}/audit/records`,
    `/v1/tenants/${tenant}/guilds/${guild}/policy`,
    '/v1/operator/health',
  ];
  const every = async (ms: number, act: (round: number) => Promise<string>) => {
    const underWay = new Set<Promise<unknown>>();
    for (let round = 0; !over.aborted; round += 1) {
      const one = act(round).then(count, () => count('failed'));
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
      await delay(ms);
    }
    await Promise.all(underWay);
  };
  const pick = <Value>(values: readonly Value[], index: number): Value => {
    const value = values[index % values.length];
    if (value === undefined) throw new Error('there is none');
    return value;
  };
  await Promise.all([
    every(commandEveryMs, async (round) => {
      const { people } = pick(houses, round);
      const [name, options] = pick(commands, Math.floor(round / houses.length));
      const { state } = await pick(people, Math.floor(round / houses.length / 2)).type(name, options);
      return `command ${state}`;
    }),
    every(apiEveryMs, async (round) => {
      const { tenant, guild } = pick(houses, round);
      await owner.call('GET', pick(reads(tenant, guild), Math.floor(round / houses.length)), z.unknown());
      return 'api';
    }),
    every(10_000, async (round) => {
      await platform.signInAs(`discord:${100_000 + round}`, []);
      return 'sign-in';
    }),
  ]);
  return counts;
}
