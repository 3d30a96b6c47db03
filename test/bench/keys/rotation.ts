import { setTimeout as delay } from 'node:timers/promises';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { rotateTenantKey } from '#security/keyring/rotation.ts';
import { sealedColumnsOf } from '#security/keyring/sealed-columns.ts';
import { twoAudios, type AudioReplica } from '#services/audio/testing/two-audios.ts';
import { quantile } from '../audit/measured.ts';
import { benchDatabase } from '../database.ts';

const guild = snowflake('100000000000000001');
const lounge = snowflake('300000000000000001');
const text = snowflake('400000000000000001');
const ada = snowflake('500000000000000001');
const paceMs = 10;
const roundMs = 5_000;
const listsAtOnce = 500;
const tracks = Buffer.alloc(1_024, 'a track ');

/** Of what `/queue` reads, and of `/volume`, in milliseconds. */
interface Times {
  readonly reads: readonly number[];
  readonly volumes: readonly number[];
}

/**
 * The audio service plays in a server whose members keep `values` sealed values: playlists with names and 1 KiB of tracks.
 * All of it is sealed again in rounds of 5 s, each after 5 s without; all the time the player is read and its volume
 * changed at a steady pace, as members do it. Database and files are durable.
 * @returns p99 of all rounds as a multiple of p99 of all times in between: a single round has too few above its p99 to
 *   compare rounds one by one
 */
export async function rotateUnderLoad(
  { values, rounds }: { readonly values: number; readonly rounds: number },
  stack: AsyncDisposableStack,
): Promise<{ readonly reads: number; readonly volumes: number }> {
  const world = stack.use(await twoAudios(await benchDatabase(['audio'], { durable: true }, stack)));
  const audio = stack.use(await world.start(1));
  const [tenant] = world.tenants as [TenantId];
  const guildKey = { tenant, guild };
  const asker = { kind: 'discord', user: ada, channel: text, voiceChannel: lounge } as const;
  const { commands } = audio.audio;
  await commands.enqueue(guildKey, asker, 'overnight express');
  await keep(audio, tenant, values);

  let percent = 50;
  const read = async (): Promise<void> => void (await commands.read(guildKey));
  const setVolume = async (): Promise<void> => {
    percent = percent === 50 ? 60 : 50;
    await commands.setVolume(guildKey, asker, percent);
  };
  async function during(until: Promise<unknown>): Promise<Times> {
    const ended = new AbortController();
    void until.finally(() => ended.abort());
    const [reads, volumes] = await Promise.all([paced(read, ended.signal), paced(setVolume, ended.signal)]);
    await until;
    return { reads, volumes };
  }

  const ports = { ...audio.library, columns: sealedColumnsOf('audio'), done: async () => undefined, forMs: roundMs };
  let resealed = 0;
  let milliseconds = 0;
  let complete = false;
  async function rotate(): Promise<void> {
    const start = performance.now();
    const some = await rotateTenantKey(ports, tenant, 2);
    milliseconds += performance.now() - start;
    resealed += some.resealed;
    complete = some.complete;
  }
  await during(delay(2_000));
  const before: Times[] = [];
  const meanwhile: Times[] = [];
  while (!complete && meanwhile.length < rounds) {
    before.push(await during(delay(roundMs)));
    meanwhile.push(await during(rotate()));
  }
  console.log(
    `${resealed} of ${values} values sealed again: ${((resealed / milliseconds) * 1_000).toFixed(0)} a second`,
  );
  const p99 = (of: readonly Times[], which: keyof Times) =>
    quantile(
      of.flatMap((each) => each[which]),
      0.99,
    );
  for (const [name, of] of [
    ['before', before],
    ['meanwhile', meanwhile],
  ] as const)
    console.log(
      `${name.padEnd(10)} p99 of a read ${p99(of, 'reads').toFixed(1)} ms, of a /volume ${p99(of, 'volumes').toFixed(1)} ms (${of.flatMap(({ volumes }) => volumes).length} each)`,
    );
  const beside = (which: keyof Times) => p99(meanwhile, which) / p99(before, which);
  return { reads: beside('reads'), volumes: beside('volumes') };
}

/** Stores playlists as audio does: two sealed values each. */
async function keep({ library }: AudioReplica, tenant: TenantId, values: number): Promise<void> {
  const { database, envelope } = library;
  const sealed = (row: string, column: string, value: Uint8Array) =>
    envelope.seal(value, { tenant, table: 'track_list', column, row: `${ada}/${row}` });
  for (let from = 0; from < values / 2; from += listsAtOnce) {
    const lists = Array.from({ length: listsAtOnce }, (_none, at) => `lst_${from + at}`);
    const names = await Promise.all(lists.map((list) => sealed(list, 'name', Buffer.from(list))));
    const contents = await Promise.all(lists.map((list) => sealed(list, 'tracks', tracks)));
    await database.inTenant(tenant, (transaction) =>
      transaction.query(
        `insert into track_list (tenant_id, owner, list, name, tracks, length)
           select $1, $2, list, name, tracks, 8 from unnest($3::text[], $4::bytea[], $5::bytea[]) as t (list, name, tracks)`,
        [tenant, ada, lists, names.map((name) => Buffer.from(name)), contents.map((content) => Buffer.from(content))],
      ),
    );
  }
}

/** The time that `work` takes, begun every few milliseconds until the signal. */
async function paced(work: () => Promise<void>, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  const running: Promise<void>[] = [];
  while (!signal.aborted) {
    const start = performance.now();
    running.push(work().then(() => void times.push(performance.now() - start)));
    await delay(paceMs);
  }
  await Promise.all(running);
  return times;
}
