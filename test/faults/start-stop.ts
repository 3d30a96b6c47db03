import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '#services/cli/src/demo/story.ts';
import { createInstallation, type Installation, type RunningPlatform } from '../e2e/platform.ts';
import { freeBlock } from '#test/free-port.ts';
import type { SeenProcess } from '../e2e/processes.ts';
import { attempt, complaints, untilGone } from '#test/integration/start-attempt.ts';

/** Starts after every kind of stop. */
export function startsAndStops(): void {
  describe('an installation', () => {
    /** One installation throughout: each test begins where the previous one ended. */
    let installation: Installation;
    let platform: RunningPlatform;
    let tenant: string;
    beforeAll(async () => {
      installation = await createInstallation();
      platform = await installation.start();
      const { guilds } = await platform.sandbox.state();
      tenant = (await platform.onboard('Harmony Records', guilds[0]?.id ?? '')).id;
    });
    afterAll(async () => {
      await platform[Symbol.asyncDispose]();
      await installation[Symbol.asyncDispose]();
    });

    const everything = () => platform.launcher.processes();
    const isPostgres = ({ command }: SeenProcess) => command.includes('native/bin/postgres ');
    const isBot = ({ command }: SeenProcess) => command.includes('--permission');

    describe('a running platform', () => {
      test('locks its data folder, and tells a second start so', async () => {
        const other = String(await freeBlock());
        await using second = attempt({ args: ['--data', installation.data, '--ports', other] });
        expect(await second.ended).toBe(1);
        expect(complaints(second.said())).toEqual([
          `✗ Bailiwick is already running from ${installation.data} (process ${platform.launcher.pid}): ` +
            'stop it first, or choose another --data.',
        ]);
        expect((await platform.stateOf(tenant)).ready).toBe(true);
      });

      test('restarts PostgreSQL when it was killed, and keeps serving', async () => {
        const said = platform.launcher.output().length;
        const server = (await everything()).find(isPostgres);
        process.kill(server?.pid ?? Number.NaN, 'SIGKILL');
        const back = async () => platform.launcher.output().slice(said).includes('PostgreSQL is back');
        await eventually('PostgreSQL is back', back);
        await eventually('the API answers', () => platform.stateOf(tenant).catch(() => undefined));
      });

      test('waits for the leftovers of a launcher that was just killed', async () => {
        await platform.launcher.killOnly();
        platform = await installation.start();
        await platform.untilReady(tenant);
      });

      test('stops everything after Ctrl-C pressed twice, and exits 0', async () => {
        const running = await everything();
        expect(running.some(isPostgres)).toBe(true);
        expect(running.some(isBot)).toBe(true);
        process.kill(platform.launcher.pid, 'SIGINT');
        await eventually('it heard', async () => platform.launcher.output().includes('SIGINT: stopping'));
        process.kill(platform.launcher.pid, 'SIGINT');
        expect(await platform.launcher.stop()).toBe(0);
        await untilGone(running, 1_000);
      });
    });
  });
}
