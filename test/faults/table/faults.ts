import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { eventually } from '#services/cli/src/demo/story.ts';
import { platformProcesses, type RunningPlatform } from '#test/e2e/platform.ts';
import type { Scenario } from './scenario.ts';

/** Ends what a fault began. */
export type Repair = () => Promise<unknown>;

/** One fault: the name of its row, and how to cause it. */
export interface Fault {
  readonly name: string;
  /** Duration; 0 for a one-time event. */
  readonly seconds: number;
  strike(scenario: Scenario): Promise<Repair>;
  /** Only the edge can answer Discord: commands typed while it is unavailable may fail. */
  readonly mayFail?: boolean;
  /** The longest silence while it lasts and once it is over; by default none. */
  readonly silence?: { readonly duringMs: number; readonly afterMs: number };
}

const holdsDiscord = (name: string): boolean => name === 'discord-edge';

export const kills: readonly Fault[] = [
  ...platformProcesses.map((name) => ({
    name: `${name} is killed`,
    seconds: 0,
    mayFail: holdsDiscord(name),
    async strike({ platform }: Scenario) {
      const { back } = await platform.kill(name);
      return () => back;
    },
  })),
  {
    name: 'every bot is killed',
    seconds: 0,
    async strike({ platform }) {
      const killed = new Set((await platform.bots()).map(({ pid }) => pid));
      for (const pid of killed) process.kill(pid, 'SIGKILL');
      const back = async () => (await platform.bots()).filter(({ pid }) => !killed.has(pid)).length === killed.size;
      return () => eventually('other bots run', back);
    },
  },
  {
    name: 'PostgreSQL is killed',
    seconds: 0,
    async strike({ platform }) {
      const [first] = await postgresOf(platform);
      const saidBefore = platform.launcher.output().length;
      if (first !== undefined) process.kill(first, 'SIGKILL');
      return () =>
        eventually('PostgreSQL is back', async () =>
          /(postgres|database)\S* is back/i.test(platform.launcher.output().slice(saidBefore)),
        );
    },
  },
];

/**
 * Discord ends a session 62 s after its last heartbeat, which was at most 41 s ago, and takes its bot out of voice.
 * (Discord: Gateway, Sending Heartbeats; close code 4009)
 */
const sessionLivesMs = 20_600;

function silenceOf(name: string, seconds: number): Pick<Fault, 'silence'> {
  const duringMs = seconds * 1_000 - sessionLivesMs;
  return holdsDiscord(name) && duringMs > 0 ? { silence: { duringMs, afterMs: 2_000 } } : {};
}

/** Freezes each process for so long, as under a debugger or on an overloaded host. */
export const freezes = (seconds: number): readonly Fault[] => [
  ...platformProcesses.map((name) => ({
    name: `${name} stands still`,
    seconds,
    mayFail: holdsDiscord(name),
    ...silenceOf(name, seconds),
    strike: async ({ platform }: Scenario) => freeze([(await platform.processOf(name)).pid]),
  })),
  {
    name: 'every bot stands still',
    seconds,
    strike: async ({ platform }) => freeze((await platform.bots()).map(({ pid }) => pid)),
  },
  {
    name: 'PostgreSQL stands still',
    seconds,
    strike: async ({ platform }) => freeze(await postgresOf(platform)),
  },
];

const endOthers = `select pg_terminate_backend(pid) from pg_stat_activity
  where usename is not null and usename <> 'postgres'`;

export const databaseFaults: readonly Fault[] = [
  {
    name: 'one connection of each role to PostgreSQL is ended',
    seconds: 0,
    async strike({ platform }) {
      await platform.query(
        `select pg_terminate_backend(pid) from (select distinct on (usename) pid from pg_stat_activity
          where usename is not null and usename <> 'postgres') one`,
      );
      return async () => undefined;
    },
  },
  {
    name: 'every connection to PostgreSQL is ended, ten times',
    seconds: 5,
    async strike({ platform }) {
      for (let round = 0; round < 10; round += 1) {
        await platform.query(endOthers);
        await delay(500);
      }
      return async () => undefined;
    },
  },
  {
    name: 'PostgreSQL has no connection left',
    seconds: 10,
    async strike({ platform }) {
      const taken: pg.Client[] = [];
      const takeAll = async () => {
        for (let refused = false; !refused;) {
          try {
            taken.push(await platform.connect());
          } catch {
            refused = true;
          }
        }
      };
      await takeAll();
      // The platform's own connections, which it would keep using; each freed slot is taken before it can be reused.
      for (let round = 0; round < 3; round += 1) {
        await taken[0]?.query(endOthers);
        await takeAll();
      }
      return () => Promise.all(taken.map((client) => client.end()));
    },
  },
];

export const outside = (seconds: number): readonly Fault[] => [
  {
    name: 'Discord is out of reach',
    seconds,
    mayFail: true,
    async strike({ platform: { sandbox } }) {
      await sandbox.fault({ away: true });
      return () => sandbox.fault({ away: false });
    },
  },
  {
    name: 'the Lavalink node is gone',
    seconds,
    silence: { duringMs: seconds * 1_000, afterMs: 7_000 },
    async strike({ platform: { sandbox } }) {
      await sandbox.nodeFault({ dead: true });
      return () => sandbox.nodeFault({ dead: false });
    },
  },
];

/** A full disk under the installation; the folder is a separate file system. */
export const diskFull: Fault = {
  name: 'the disk is full',
  seconds: 10,
  async strike({ disk }) {
    await disk.fill();
    return () => disk.empty();
  },
};

/** The members of another tenant's server type a hundred commands a second. */
export const flood: Fault = {
  name: "another tenant's bot is flooded, 100 commands a second",
  seconds: 10,
  async strike({ other }) {
    const stop = new AbortController();
    const flooding = (async () => {
      for (let typed = 0; !stop.signal.aborted; typed += 5) {
        await Promise.all([0, 1, 2, 3, 4].map((next) => other[(typed + next) % other.length]?.begin('queue')));
        await delay(50);
      }
    })();
    return async () => {
      stop.abort();
      await flooding;
    };
  },
};

async function postgresOf(platform: RunningPlatform): Promise<number[]> {
  const all = await platform.launcher.processes();
  // The server is the process with a path; its children call themselves "postgres: …".
  const server = all.find(({ command }) => /\/postgres /.test(command));
  if (!server) throw new Error('PostgreSQL does not run');
  return [server.pid, ...all.filter(({ parent }) => parent === server.pid).map(({ pid }) => pid)];
}

async function freeze(pids: readonly number[]): Promise<Repair> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  return async () => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // It was replaced in the meantime.
      }
    }
  };
}
