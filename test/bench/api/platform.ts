import { fork, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { newTenantId, type TenantId } from '#infra/kernel/ids.ts';
import { limitsSchema } from '#gateway-proxy/proxy/limits/limits.ts';
import { memoryEnvironment, nodeFlags } from '#services/cli/src/up/process-flags.ts';
import type { DatabaseService } from '../../database.ts';
import { freePort } from '../../free-port.ts';
import { testInstallation } from '../../installation.ts';
import { benchDatabase } from '../database.ts';

/** The platform, which answers with every check, and the baseline without any, on the same PostgreSQL. */
export interface Platform {
  readonly publicUrl: string;
  readonly bareUrl: string;
  /** A tenant with an owner who is signed in. */
  tenant(): Promise<{ readonly id: TenantId; readonly session: string }>;
  readonly admin: pg.Pool;
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const entries = {
  'gateway-proxy': 'gateway-proxy/proxy/main.ts',
  api: 'services/api/src/main.ts',
  worker: 'services/worker/src/main.ts',
} as const;

/**
 * gateway-proxy, api and worker as processes from their own main.ts, with the flags that the launcher gives them, the token
 * service in this one; the settings of an installation, except for limits too high to matter.
 */
export async function startPlatform(stack: AsyncDisposableStack): Promise<Platform> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const database = await benchDatabase(['api', 'identity', 'proxy', 'worker'], { durable: true }, stack);
  const admin = stack.adopt(new pg.Pool({ connectionString: database.adminUrl, max: 2 }), (pool) => pool.end());
  const installation = stack.use(await testInstallation({ database }));
  const [proxyPort, publicPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  const at = (port: number) => ({ host: '127.0.0.1', port });
  const settingsOf = (service: 'gateway-proxy' | 'api' | 'worker', role: DatabaseService, port: number) => ({
    ...installation.enrolmentFor(service),
    logLevel: 'warn',
    listen: at(port),
    ops: at(0),
    database: { url: database.urlOf(role), maxConnections: 4 },
  });
  const proxy = { proxy: { url: `https://127.0.0.1:${proxyPort}` } };
  const wide = { perSec: 1e6, burst: 1e6 };
  const publicUrl = `http://127.0.0.1:${publicPort}`;
  const keyBase64 = () => randomBytes(32).toString('base64');
  await Promise.all([
    startProcess('gateway-proxy', stack, {
      ...settingsOf('gateway-proxy', 'proxy', proxyPort),
      public: at(publicPort),
      upstreams: { api: { url: `https://127.0.0.1:${apiPort}` } },
      limits: limitsSchema.parse({ tenant: wide, workload: wide, publicAddress: wide, inFlightPerTenant: 1_000 }),
    }),
    startProcess('api', stack, {
      ...settingsOf('api', 'api', apiPort),
      ...proxy,
      publicUrl,
      limits: { signedIn: 1e9 },
      keys: { kind: 'file', folder: path.join(folder, 'api-keys'), keyBase64: keyBase64() },
      custodian: { kind: 'file', sealedBy: 'key-file' },
    }),
    startProcess('worker', stack, {
      ...settingsOf('worker', 'worker', 0),
      ...proxy,
      keys: { kind: 'file', folder: path.join(folder, 'keys'), keyBase64: keyBase64() },
    }),
  ]);
  return { publicUrl, bareUrl: await startBare(database.adminUrl, stack), admin, tenant: () => newTenant(admin) };
}

async function startProcess(service: keyof typeof entries, stack: AsyncDisposableStack, settings: object) {
  const child = spawn(process.execPath, [...nodeFlags(service), here(`../../../${entries[service]}`)], {
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
    env: { PATH: process.env['PATH'], ...memoryEnvironment, BAILIWICK_SETTINGS_FD: '3' },
  });
  stack.defer(async () => {
    if (child.kill('SIGTERM')) await once(child, 'exit');
  });
  (child.stdio[3] as Writable).end(JSON.stringify(settings));
  if (!child.stdout) throw new Error(`${service} has no output`);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const said = JSON.parse(line) as { ready: boolean; error?: string };
  if (!said.ready) throw new Error(`${service} did not start: ${said.error}`);
}

async function startBare(databaseUrl: string, stack: AsyncDisposableStack): Promise<string> {
  const child = fork(here('bare.ts'), {
    execArgv: [...nodeFlags('api')],
    env: { ...process.env, ...memoryEnvironment },
  });
  stack.defer(() => void child.kill());
  child.send({ databaseUrl });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return url;
}

async function newTenant(admin: pg.Pool): Promise<{ id: TenantId; session: string }> {
  const id = newTenantId();
  const subject = `discord:${BigInt(`0x${randomBytes(7).toString('hex')}`)}`;
  const session = randomBytes(32).toString('base64url');
  await admin.query("insert into tenant (id, name, status) values ($1, 'Bench', 'active')", [id]);
  await admin.query('insert into policy_version (tenant_id, version) values ($1, 1)', [id]);
  await admin.query("insert into tenant_member (tenant_id, subject, role) values ($1, $2, 'owner')", [id, subject]);
  await admin.query("insert into api_session (token_hash, subject, expires_at) values ($1, $2, now() + '1 day')", [
    createHash('sha256').update(session).digest(),
    subject,
  ]);
  return { id, session };
}
