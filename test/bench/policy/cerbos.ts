import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { commandNames } from '#policies/commands.ts';
import type { GuildRule } from '#policies/guild-policy.ts';
import { memberSubject } from '#policies/request.ts';
import { freePort } from '../../free-port.ts';
import { zones, type BenchTenant, type Question } from './documents.ts';
import { answer, type Subject } from './subject.ts';

/** Where npm puts it; it is not a dependency, being 100 MB. */
const binary = fileURLToPath(
  new URL('../../../node_modules/@cerbos/cerbos-linux-x64/cerbos-linux-x64', import.meta.url),
);
const startTimeoutMs = 60_000;

export const hasCerbos = (): boolean => existsSync(binary);

/**
 * Cerbos with one resource policy for each tenant: who, channels and hours are conditions. (As Cerbos roles,
 * what one Discord role allows would outweigh what another denies.) Asked over its HTTP API, a question a request.
 */
export async function startCerbos(tenants: readonly BenchTenant[], stack: AsyncDisposableStack): Promise<Subject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-cerbos-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  for (const tenant of tenants)
    await writeFile(path.join(folder, `${tenant.id}.json`), JSON.stringify(resourcePolicyOf(tenant)));
  const [port, grpcPort] = [await freePort(), await freePort()];
  const settings = [
    `server.httpListenAddr=127.0.0.1:${port}`,
    `server.grpcListenAddr=127.0.0.1:${grpcPort}`,
    'storage.driver=disk',
    `storage.disk.directory=${folder}`,
    'telemetry.disabled=true',
  ];
  const child = spawn(binary, ['server', '--log-level=error', ...settings.map((each) => `--set=${each}`)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  stack.defer(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit');
  });
  const pool = stack.adopt(new Pool(`http://127.0.0.1:${port}`, { connections: 1 }), (each) => each.destroy());
  await untilHealthy(pool);
  return { pid: child.pid ?? 0, ask: (questions) => answer((question) => check(pool, question), questions) };
}

async function untilHealthy(pool: Pool): Promise<void> {
  const untilMs = Date.now() + startTimeoutMs;
  for (;;) {
    const { statusCode } = await pool
      .request({ method: 'GET', path: '/_cerbos/health' })
      .then(async ({ body, ...answered }) => (await body.dump(), answered))
      .catch(() => ({ statusCode: 0 }));
    if (statusCode === 200) return;
    if (Date.now() > untilMs) throw new Error('cerbos does not start');
    await sleep(100);
  }
}

async function check(pool: Pool, { tenant, member }: Question): Promise<boolean> {
  const { id, kinds } = memberSubject(member);
  const body = JSON.stringify({
    principal: { id, roles: ['member'], attr: { kinds: [...kinds] } },
    resources: [
      {
        actions: [member.command],
        resource: { kind: tenant, id: member.guild, attr: { channel: member.channel, minutes: minutesIn(Date.now()) } },
      },
    ],
  });
  const answered = await pool.request({
    method: 'POST',
    path: '/api/check/resources',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const { results } = (await answered.body.json()) as { results: { actions: Record<string, string> }[] };
  return results[0]?.actions[member.command] === 'EFFECT_ALLOW';
}

const formats = zones.map(
  (timeZone) => new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
);
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
/** The minute of the day in each zone; worked out anew only when it has changed. */
let known = { at: 0, minutes: [0] };
function minutesIn(atMs: number): number[] {
  const at = Math.floor(atMs / 60_000);
  if (known.at !== at) known = { at, minutes: formats.map((format) => minuteOf(format.format(atMs))) };
  return known.minutes;
}

function resourcePolicyOf({ id, policy }: BenchTenant): object {
  const rest =
    policy.otherwise === 'allow' ? [{ actions: [...commandNames], effect: 'EFFECT_ALLOW', roles: ['*'] }] : [];
  return {
    apiVersion: 'api.cerbos.dev/v1',
    resourcePolicy: { resource: id, version: 'default', rules: [...policy.rules.map(ruleOf), ...rest] },
  };
}

function ruleOf({ effect, who, commands, channels, when }: GuildRule): object {
  const kinds = [
    ...(who.roles ?? []).map((role) => `discord-role:${role}`),
    ...(who.users ?? []).map((user) => `discord-user:${user}`),
    ...(who.permissions ?? []).map((permission) => `discord-permission:${permission}`),
  ];
  const conditions = [
    ...(who.everyone ? [] : [`hasIntersection(P.attr.kinds, ${JSON.stringify(kinds)})`]),
    ...(channels ? [`R.attr.channel in ${JSON.stringify(channels)}`] : []),
    ...(when?.hours ? [hoursOf(when.zone, when.hours)] : []),
  ];
  return {
    actions: commands === 'all' ? [...commandNames] : commands,
    effect: effect === 'deny' ? 'EFFECT_DENY' : 'EFFECT_ALLOW',
    roles: ['*'],
    ...(conditions.length > 0 ? { condition: { match: { all: { of: conditions.map((expr) => ({ expr })) } } } } : {}),
  };
}

function hoursOf(zone: string, { from, to }: { readonly from: string; readonly to: string }): string {
  const minute = `R.attr.minutes[${(zones as readonly string[]).indexOf(zone)}]`;
  return `${minute} >= ${minuteOf(from)}.0 && ${minute} < ${minuteOf(to)}.0`;
}
