import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { Pool } from 'undici';
import { describe, expect, it } from 'vitest';
import type { Route } from '#gateway-proxy/proxy/routes/route-table.ts';
import { routes } from '#gateway-proxy/proxy/routes/routes.ts';
import { service, spiffeId, type ServiceName } from '#security/identity/spiffe.ts';
import { workloadTls } from '#security/identity/workload-connection.ts';
import cases from '#test/security/cases/bodies.json' with { type: 'json' };
import { worldOfThisFile } from '#test/security/world/file-world.ts';

/**
 * Every body that a process of the platform accepts, filled with what parsers are slow at. Operations come from the
 * OpenAPI document, the proxy's routing table and the token service's source, so new ones are included.
 */
const maxStallMs = 50;
const [small, document, whole] = [15 * 1024, 120 * 1024, 1024 * 1024];
const mediaTypes: Readonly<Record<string, readonly string[]>> = {
  json: ['application/json', 'application/merge-patch+json'],
  yaml: ['application/yaml'],
  form: ['application/x-www-form-urlencoded'],
};

const world = await worldOfThisFile();
const a = await world.customer('Acme');

type Case = (typeof cases)[number];
function bodyOf({ head, repeat, tail }: Case, sizeBytes: number): string {
  let body = head;
  if (repeat.includes('{n}'))
    for (let n = 0; body.length < sizeBytes - 64; n += 1) body += repeat.replaceAll('{n}', String(n));
  else body += repeat.repeat((sizeBytes - 64) / repeat.length);
  return body + tail;
}

interface Sending {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly accepts: readonly string[];
  readonly send: (body: string, contentType: string) => Promise<{ status: number; text: string }>;
}

/** The longest time that this thread, which runs every part, was busy without a turn of its event loop. */
async function stallOf(run: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let [at, cpu] = [performance.now(), process.threadCpuUsage()];
  const probe = setInterval(() => {
    const { user, system } = process.threadCpuUsage(cpu);
    // Time taken by other processes of this machine is not counted.
    longest = Math.max(longest, Math.min(performance.now() - at, (user + system) / 1000));
    [at, cpu] = [performance.now(), process.threadCpuUsage()];
  }, 1);
  await run();
  clearInterval(probe);
  return longest;
}

async function assertNoStall({ name, sizes, accepts, send }: Sending): Promise<void> {
  for (const each of cases) {
    const types = (mediaTypes[each.type] ?? []).filter((type) => accepts.includes(type));
    for (const type of types)
      for (const size of sizes) {
        const body = bodyOf(each, size);
        const stalls: number[] = [];
        // A garbage collection pause would not happen three times.
        do {
          stalls.push(
            await stallOf(async () => {
              const { status, text } = await send(body, type);
              expect(status, `${name} ${each.name} ${text.slice(0, 300)}`).toBeLessThan(500);
              expect(text.length, `${name} ${each.name}`).toBeLessThan(32 * 1024);
            }),
          );
        } while (Math.min(...stalls) > maxStallMs && stalls.length < 3);
        expect(Math.min(...stalls), `${name}: ${each.name}, ${type}, ${size} bytes`).toBeLessThanOrEqual(maxStallMs);
      }
  }
}

const guild = '80351110224678912';

describe('no body stalls', () => {
  it('the api, through the public door', async () => {
    type Operation = { operationId: string; requestBody?: { content: Record<string, unknown> } };
    const { paths } = (await world.doors.public({ path: '/openapi.json' })).body as {
      paths: Record<string, Record<string, Operation>>;
    };
    const ids: Record<string, string> = { tenant: a.id, guild, subject: 'discord:1', check: 'token' };
    const session = world.owner;
    let seen = 0;
    for (const [path, operations] of Object.entries(paths))
      for (const [method, { operationId, requestBody }] of Object.entries(operations)) {
        if (!requestBody) continue;
        seen += 1;
        const accepts = Object.keys(requestBody.content);
        await assertNoStall({
          name: operationId,
          sizes: accepts.length > 1 ? [document, whole] : [small],
          accepts,
          send: (body, type) =>
            world.doors.public({
              method: method.toUpperCase(),
              path: path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => ids[name] ?? name),
              session,
              headers: { 'content-type': type },
              body,
            }),
        });
      }
    expect(seen).toBeGreaterThan(15);
  });

  it('a part behind the proxy', async () => {
    const taking = routes.all.filter(({ to }) => to !== 'api' && to !== 'lavalink');
    for (const route of taking)
      for (const method of route.methods.filter((each) => each !== 'GET' && each !== 'DELETE'))
        await assertNoStall({
          name: `${method} ${route.to} ${route.pattern}`,
          sizes: [small],
          accepts: ['application/json'],
          send: await sendingTo(route, method),
        });
  });

  it('the token service', async () => {
    const folder = new URL('../../security/identity/token-service/', import.meta.url);
    const files = await Promise.all(
      ['routes.ts', 'token-exchange.ts'].map((file) => readFile(new URL(file, folder), 'utf8')),
    );
    const addresses = [...files.join('\n').matchAll(/app\.post\('([^']+)'/g)].map(([, address = '']) => address);
    expect(addresses.length).toBeGreaterThan(6);
    const proxy = await world.agent('gateway-proxy');
    const { certificatePem, privateKeyPem, trustBundlePem } = proxy.tls.current();
    const id = spiffeId(proxy.installation, service('token-service'));
    const connect = { ...workloadTls(trustBundlePem, id), cert: certificatePem, key: privateKeyPem };
    const pool = new Pool(world.parts.installation.tokenServiceUrl, { connect });
    for (const path of addresses)
      await assertNoStall({
        name: path,
        sizes: [small],
        accepts: ['application/json', 'application/x-www-form-urlencoded'],
        async send(body, type) {
          const answer = await pool.request({ method: 'POST', path, headers: { 'content-type': type }, body });
          return { status: answer.statusCode, text: await answer.body.text() };
        },
      });
    await pool.destroy();
  });
});

async function sendingTo(route: Route, method: string): Promise<Sending['send']> {
  const from = route.from.includes('bot') ? a.bot : await world.agent(route.from[0] as ServiceName);
  const token = route.from.includes('bot')
    ? await world.witnessed(a, [route.action], { command: 'play' })
    : await world.portalToken(a.id, [route.action], 'operator:owner', a.guild);
  const path = route.pattern
    .replace(':tenant', a.id)
    .replace(':guild', a.guild)
    .replace('*', `channels/${a.text}/messages`);
  return (body, type) =>
    world.doors.call(from, {
      method,
      path: `/${route.to}${path}`,
      ...(route.member === 'none' ? {} : { txnToken: token }),
      headers: { 'content-type': type },
      body,
    });
}
