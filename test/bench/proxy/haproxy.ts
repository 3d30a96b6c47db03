import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../free-port.ts';
import { cpuSec } from '../command/cpu.ts';
import { targets, type BenchTarget, type Identity, type UpstreamUrls } from './parts.ts';
import type { Subject } from './subjects.ts';

const startTimeoutMs = 5_000;

/** HAProxy's version, or undefined if it is not installed. */
export function haproxyVersion(): string | undefined {
  const { stdout, status } = spawnSync('haproxy', ['-v'], { encoding: 'utf8' });
  return status === 0 ? /version (\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1] : undefined;
}

/**
 * HAProxy with mTLS on both sides on one thread, verifying one ES256 token per request. It checks algorithm and
 * signature and reads no claim, which is less than any real gateway does.
 */
export async function startHaproxy(
  options: { readonly identity: Identity; readonly upstreams: UpstreamUrls; readonly jwtPublicKeyPem: string },
  stack: AsyncDisposableStack,
): Promise<Subject> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-haproxy-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const { certificatePem, privateKeyPem, trustBundlePem } = options.identity;
  const write = async (name: string, text: string) => {
    const file = path.join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const files = {
    certificate: await write('own.pem', `${certificatePem}\n${privateKeyPem}`),
    authorities: await write('authorities.pem', trustBundlePem),
    jwtKey: await write('jwt.pem', options.jwtPublicKeyPem),
  };
  const port = await freePort();
  const configuration = await write('haproxy.cfg', configurationOf(port, files, options.upstreams));
  const child = spawn('haproxy', ['-db', '-f', configuration], { stdio: ['ignore', 'ignore', 'inherit'] });
  stack.defer(async () => {
    if (child.exitCode !== null || !child.kill('SIGTERM')) return;
    await once(child, 'exit');
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error('haproxy did not start');
  await untilListening(port);
  return {
    name: `HAProxy ${haproxyVersion()}, one ES256 JWT`,
    url: `https://127.0.0.1:${port}`,
    bearer: 'jwt',
    usage: () => usageOf(pid),
  };
}

interface Files {
  readonly certificate: string;
  readonly authorities: string;
  readonly jwtKey: string;
}

function configurationOf(port: number, { certificate, authorities, jwtKey }: Files, upstreams: UpstreamUrls): string {
  const mtls = `ssl crt ${certificate} ca-file ${authorities} verify required ssl-min-ver TLSv1.3`;
  const backendOf = (target: BenchTarget) => {
    const { host, protocol } = new URL(upstreams[target]);
    return `backend ${target}\n  server only ${host} pool-purge-delay 10m ${protocol === 'https:' ? mtls : ''}`;
  };
  return `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 10m
  timeout server 10m
  timeout http-keep-alive 10m
frontend services
  bind 127.0.0.1:${port} ${mtls} no-tls-tickets alpn http/1.1
  http-request set-var(txn.bearer) http_auth_bearer
  http-request set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')
  http-request deny deny_status 401 unless { var(txn.alg) -m str ES256 }
  http-request deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"${jwtKey}") -m int 1 }
  http-request set-var(txn.to) path,field(2,/)
  http-request replace-path /[^/]+(/.*) \\1
  use_backend %[var(txn.to)]
${targets.map(backendOf).join('\n')}
`;
}

async function untilListening(port: number): Promise<void> {
  const untilMs = Date.now() + startTimeoutMs;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const reached = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (reached) return;
    if (Date.now() > untilMs) throw new Error('haproxy does not listen');
    await sleep(50);
  }
}

/** proc(5): VmRSS of status. */
async function usageOf(pid: number): Promise<{ cpuSec: number; rssMiB: number }> {
  const [, rssKiB = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return { cpuSec: await cpuSec(pid), rssMiB: Number(rssKiB) / 1024 };
}
