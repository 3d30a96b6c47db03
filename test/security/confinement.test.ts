import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { probeConfinement } from '#tenants/confinement/confinement.ts';
import { bundleFolder, hostilePrelude, launcherOf, runHostile, type HostileRun } from './confinement-hostile.ts';

/** A program that tries to break out runs in a bot's place; each attack has its expected outcome. */
const denied = /^(ERR_ACCESS_DENIED|EACCES|EPERM)$/;
const attacks = (
  port: number,
  secretFile: string,
  otherFile: string,
): Record<string, { source: string; expect: RegExp }> => ({
  'connect to the loopback': { source: `await event(net.connect(${port}, '127.0.0.1'), 'connect')`, expect: denied },
  'connect to a unix socket': { source: `await event(net.connect('/run/bailiwick.sock'), 'connect')`, expect: denied },
  'connect with https': { source: `await event(https.get('https://127.0.0.1:${port}/'), 'response')`, expect: denied },
  fetch: { source: `await fetch('http://127.0.0.1:${port}/')`, expect: denied },
  'open a websocket': { source: `new WebSocket('ws://127.0.0.1:${port}/')`, expect: /^ReferenceError$/ },
  listen: { source: `await event(net.createServer().listen(0, '127.0.0.1'), 'listening')`, expect: denied },
  'listen on a unix socket': {
    source: `await event(net.createServer().listen('/tmp/bailiwick-hostile.sock'), 'listening')`,
    expect: denied,
  },
  'look up a name': {
    source: `await new Promise((resolve, reject) => dns.lookup('localhost', (error, address) => error ? reject(error) : resolve(address)))`,
    expect: denied,
  },
  'ask a name server': {
    source: `await new Promise((resolve, reject) => new dns.Resolver().resolve4('example.org', (error, a) => error ? reject(error) : resolve(a)))`,
    expect: denied,
  },
  'send a datagram': {
    source: `await new Promise((resolve, reject) => { const s = dgram.createSocket('udp4'); s.on('error', reject); s.send('x', ${port}, '127.0.0.1', (error) => error ? reject(error) : resolve('sent')); })`,
    expect: denied,
  },
  'read a file of the system': { source: `fs.readFileSync('/etc/passwd')`, expect: denied },
  'read a secret of the platform': { source: `fs.readFileSync(${JSON.stringify(secretFile)})`, expect: denied },
  'read a file past its bundle': {
    source: `fs.readFileSync(import.meta.filename + '/../../../../etc/passwd')`,
    expect: /^(ERR_ACCESS_DENIED|ENOTDIR)$/,
  },
  'list a folder': { source: `fs.readdirSync('/')`, expect: denied },
  'look at its own process': { source: `fs.readFileSync('/proc/self/environ')`, expect: denied },
  'look at its supervisor': { source: `fs.readFileSync('/proc/' + process.ppid + '/environ')`, expect: denied },
  'write a file': { source: `fs.writeFileSync('/tmp/bailiwick-hostile', 'x')`, expect: denied },
  'change its bundle': { source: `fs.writeFileSync(import.meta.filename, '')`, expect: denied },
  'make a link': { source: `fs.symlinkSync('/etc/passwd', '/tmp/bailiwick-hostile-link')`, expect: denied },
  'write a heap snapshot': { source: `v8.writeHeapSnapshot('/tmp/bailiwick-hostile.heapsnapshot')`, expect: denied },
  'write a report': { source: `process.report.writeReport('/tmp/bailiwick-hostile.json')`, expect: denied },
  'open a database': {
    source: `new (require('node:sqlite').DatabaseSync)('/tmp/bailiwick-hostile.db')`,
    expect: /^(ERR_UNKNOWN_BUILTIN_MODULE|MODULE_NOT_FOUND)$/,
  },
  'load a library': {
    source: `require('node:ffi')`,
    expect: /^(ERR_UNKNOWN_BUILTIN_MODULE|MODULE_NOT_FOUND|ERR_ACCESS_DENIED)$/,
  },
  'write a trace': {
    source: `require('node:trace_events').createTracing({ categories: ['node'] }).enable()`,
    expect: denied,
  },
  'store something': { source: `localStorage.setItem('a', 'b')`, expect: /^ReferenceError$/ },
  'import another file': { source: `await import(${JSON.stringify(otherFile)})`, expect: denied },
  'start a program': { source: `await event(child_process.spawn('/bin/true'), 'exit')`, expect: denied },
  'become a program': { source: `process.execve('/bin/true', ['true'], {})`, expect: denied },
  'start a worker': { source: `await event(new worker_threads.Worker('0', { eval: true }), 'online')`, expect: denied },
  'load an addon': {
    source: `process.dlopen({ exports: {} }, '/tmp/addon.node')`,
    expect: /^(ERR_DLOPEN_DISABLED|ERR_ACCESS_DENIED)$/,
  },
  'reach for the internals of Node': { source: `process.binding('spawn_sync')`, expect: denied },
  'open the inspector': { source: `inspector.open(0)`, expect: /^(ERR_ACCESS_DENIED|ERR_INSPECTOR_NOT_AVAILABLE)$/ },
  'make code of text': { source: `eval('1 + 1')`, expect: /^EvalError$/ },
  'make a function of text': { source: `new Function('return 1')()`, expect: /^EvalError$/ },
  'make machine code': {
    source: `new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))`,
    expect: /^ReferenceError$/,
  },
  'give itself rights': {
    source: `process.permission.has('net') || (() => { throw Object.assign(new Error(), { code: 'EPERM' }); })()`,
    expect: denied,
  },
});
/** Attacks that need a separate user. */
const attacksOnOthers: Record<string, { source: string; expect: RegExp }> = {
  'signal its supervisor': { source: `process.kill(process.ppid, 0)`, expect: denied },
  'signal the first process': { source: `process.kill(1, 0)`, expect: denied },
  'become root': { source: `process.setuid(0)`, expect: denied },
  'raise its priority': {
    source: `require('node:os').setPriority(0, -10)`,
    expect: /^(EACCES|EPERM|ERR_SYSTEM_ERROR|ERR_ACCESS_DENIED)$/,
  },
};
/** Other ways to run text as code; that code may do no more than the bot. */
const waysToRunText: Record<string, (code: string) => string> = {
  'node:vm in a new context': (code) =>
    `await require('node:vm').runInNewContext(${JSON.stringify(code)}, { process, fetch, setTimeout })`,
  'node:vm as a function': (code) =>
    `await require('node:vm').compileFunction(${JSON.stringify(`return ${code}`)}, [])()`,
  'a module at a data: address': (code) =>
    `await (await import(${JSON.stringify(`data:text/javascript,export default () => ${code}`)})).default()`,
};
const fromText = (port: number): Record<string, { source: string; expect: RegExp }> => ({
  sum: { source: '1 + 1', expect: /^SUCCEEDED 2$/ },
  'read a file': { source: `process.getBuiltinModule('fs').readFileSync('/etc/passwd')`, expect: denied },
  connect: { source: `fetch('http://127.0.0.1:${port}/')`, expect: denied },
  'start a program': { source: `process.getBuiltinModule('child_process').spawnSync('/bin/true').pid`, expect: denied },
  'reach for the internals of Node': { source: `process.binding('spawn_sync')`, expect: denied },
});
/** What a bot needs and must be able to do. */
const benign: Record<string, string> = {
  'read its own bundle': `fs.readFileSync(import.meta.filename).length > 100`,
  'use cryptography': `require('node:crypto').randomBytes(8).length`,
  wait: `await new Promise((resolve) => setTimeout(resolve, 10, 'waited'))`,
};

const within = { timeout: 20_000, interval: 50 };
const resources = new AsyncDisposableStack();
let folder: Awaited<ReturnType<typeof bundleFolder>>;
let port: number;
let secretFile: string;
let reached = 0;
const confinement = await probeConfinement({ heapMiB: 96, memoryMiB: 256 }, 43_000);
const { ownUser } = confinement;

beforeAll(async () => {
  folder = resources.use(await bundleFolder());
  const server = createServer(() => (reached += 1)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  resources.defer(() => void server.close());
  secretFile = path.join(tmpdir(), `bailiwick-secret-${process.pid}`);
  await writeFile(secretFile, 'a secret', { mode: 0o600 });
  resources.defer(() => rm(secretFile, { force: true }));
});
afterAll(() => resources.disposeAsync());

async function run(name: string, source: string): Promise<HostileRun> {
  const { launcher } = await launcherOf(await folder.write(name, hostilePrelude + source));
  const hostile = runHostile(launcher);
  resources.defer(() => hostile.process.kill('the test is over'));
  return hostile;
}

const attempts = (table: Record<string, string>): string =>
  Object.entries(table)
    .map(([name, source]) => `await attempt(${JSON.stringify(name)}, async () => { return ${source}; });`)
    .join('\n');

/** Everything that a bot needs works, and each attack ends as its entry says. */
async function getsNowhere(name: string, table: ReturnType<typeof attacks>): Promise<void> {
  const sources = Object.fromEntries(Object.entries(table).map(([attack, { source }]) => [attack, source]));
  const hostile = await run(name, `${attempts({ ...benign, ...sources })} tell('the end', 'reached');`);
  await vi.waitFor(() => expect(hostile.outcomes.get('the end')).toBe('reached'), within);
  for (const [attack, { expect: outcome }] of Object.entries(table)) {
    expect.soft(hostile.outcomes.get(attack), attack).toMatch(outcome);
  }
  for (const wanted of Object.keys(benign)) expect.soft(hostile.outcomes.get(wanted), wanted).toMatch(/^SUCCEEDED/);
}

test('every layer of confinement that the machine grants is in force', { tags: 'namespaces' }, () => {
  expect(confinement.missing).toEqual({});
});

describe('hostile code in place of a bot', () => {
  test('gets nowhere: no connection, name, file, process, worker, addon, inspector, eval, machine code', async () => {
    const otherFile = await folder.write('other', 'export default 1;');
    await getsNowhere('attacks', attacks(port, secretFile, otherFile));
    expect(reached).toBe(0);
  });

  test('signals no other process, cannot raise its priority, and becomes no other user', { tags: 'root' }, async () => {
    await getsNowhere('attacks-on-others', attacksOnOthers);
  });

  test('can run text as JavaScript without eval, but gets no further with it', async () => {
    const table = Object.entries(waysToRunText).flatMap(([way, wrap]) =>
      Object.entries(fromText(port)).map(
        ([name, { source, expect: outcome }]) => [`${way}: ${name}`, wrap(source), outcome] as const,
      ),
    );
    const sources = Object.fromEntries(table.map(([name, source]) => [name, source]));
    const hostile = await run('text', `${attempts(sources)} tell('the end', 'reached');`);
    await vi.waitFor(() => expect(hostile.outcomes.get('the end')).toBe('reached'), within);
    for (const [name, , outcome] of table) expect.soft(hostile.outcomes.get(name), name).toMatch(outcome);
    expect(reached).toBe(0);
  });

  test('finds nothing in its environment and its command line', async () => {
    const hostile = await run(
      'environment',
      `tell('environment', Object.keys(process.env).sort()); tell('arguments', JSON.stringify(process.argv.slice(2)));`,
    );
    await vi.waitFor(() => expect(hostile.outcomes.get('arguments')).toBe('[]'), within);
    expect(hostile.outcomes.get('environment')).toBe(
      'MALLOC_ARENA_MAX,MALLOC_MMAP_THRESHOLD_,MALLOC_TRIM_THRESHOLD_,UV_THREADPOOL_SIZE',
    );
  });

  test('cannot start its own debugger by signalling itself', async () => {
    const hostile = await run(
      'sigusr1',
      `process.kill(process.pid, 'SIGUSR1'); let count = 0; setInterval(() => tell('after ' + ++count, inspector.url() ?? 'closed'), 100);`,
    );
    await Promise.race([hostile.exit, vi.waitFor(() => expect(hostile.outcomes.get('after 5')).toBeDefined(), within)]);
    expect([...hostile.outcomes.values()].filter((outcome) => outcome !== 'closed')).toEqual([]);
  });

  test('cannot change the flags of V8: trying terminates it', async () => {
    const hostile = await run(
      'v8-flags',
      `tell('before', 'running'); setTimeout(() => { v8.setFlagsFromString('--no-jitless'); tell('after', 'changed'); }, 100);`,
    );
    await hostile.exit;
    expect(hostile.outcomes.get('before')).toBe('running');
    expect(hostile.outcomes.has('after')).toBe(false);
  });

  test('cannot exceed its memory limit with buffers', async () => {
    const hostile = await run(
      'buffers',
      `const held = []; const more = () => { tell('held', held.length * 4); held.push(Buffer.alloc(4 << 20, 1)); setTimeout(more, 5); }; await attempt('more', () => new Promise(() => more()));`,
    );
    const refused = vi.waitFor(() => expect(hostile.outcomes.get('more')).toBe('ERR_MEMORY_ALLOCATION_FAILED'), within);
    await Promise.race([hostile.exit, refused.catch(() => expect(hostile.outcomes.get('more')).toBeDefined())]);
    expect(Number(hostile.outcomes.get('held'))).toBeLessThan(256);
  });

  test('is terminated when its heap exceeds its limit', async () => {
    const hostile = await run(
      'heap',
      `const held = []; setInterval(() => { for (let i = 0; i < 100_000; i += 1) held.push({ i }); }, 1);`,
    );
    expect((await hostile.exit).signal).toMatch(/^SIG(ABRT|TRAP|ILL)$/);
  });
});

describe('the kernel, if the permission model of Node failed', { tags: 'namespaces' }, () => {
  /** The same program on the same command line, except for Node's flags. */
  async function runUnguarded(name: string, table: Record<string, string>): Promise<Map<string, string>> {
    const tellOnStdout = hostilePrelude.replace(
      /const tell = .*;/,
      `const tell = (name, outcome) => console.log(JSON.stringify({ name, outcome: String(outcome) }));`,
    );
    const file = await folder.write(name, `${tellOnStdout}\n${attempts(table)}\nprocess.exit(0);`);
    const { image } = await imageOf(file);
    const [command = '', ...args] = confinement.wrap([image.nodeFile, '--jitless', file], 43_900);
    const child = spawn(command, args, { cwd: '/', env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await once(child, 'close');
    const lines = output.split('\n').filter((line) => line.startsWith('{'));
    return new Map(
      lines
        .map((line) => JSON.parse(line) as { name: string; outcome: string })
        .map(({ name: key, outcome }) => [key, outcome]),
    );
  }

  const imageOf = async (bundleFile: string) => {
    const { prepareBotImage } = await import('#tenants/supervisor/bot-image.ts');
    return { image: await prepareBotImage({ bundleFile, copiesIn: tmpdir(), ownUser }) };
  };

  test('gives it access to no network, no other process, no secret and no writable file', async () => {
    // The file may be created where everybody may write, but nothing can be written to it (RLIMIT_FSIZE).
    resources.defer(() => rm(`/tmp/bailiwick-hostile-${process.pid}`, { force: true }));
    const outcomes = await runUnguarded('unguarded', {
      'connect to the loopback': `await event(net.connect(${port}, '127.0.0.1'), 'connect')`,
      'connect elsewhere': `await event(net.connect(80, '192.0.2.1'), 'connect')`,
      'send a datagram': `await new Promise((resolve, reject) => { const s = dgram.createSocket('udp4'); s.on('error', reject); s.send('x', ${port}, '127.0.0.1', (error) => error ? reject(error) : resolve('sent')); })`,
      'signal its supervisor': `process.kill(process.ppid, 0)`,
      'look at its supervisor': `fs.readFileSync('/proc/' + process.ppid + '/environ')`,
      'read a secret of the platform': `fs.readFileSync(${JSON.stringify(secretFile)})`,
      'write a file': `fs.writeFileSync('/tmp/bailiwick-hostile-${process.pid}', 'some content')`,
      'become root': `process.setuid(0)`,
      'read its own bundle': `fs.readFileSync(import.meta.filename).length`,
    });
    expect.soft(outcomes.get('connect to the loopback')).toMatch(/^(ENETUNREACH|ECONNREFUSED)$/);
    expect.soft(outcomes.get('connect elsewhere')).toBe('ENETUNREACH');
    expect.soft(outcomes.get('send a datagram')).toMatch(/^(ENETUNREACH|ECONNREFUSED)$/);
    expect.soft(outcomes.get('signal its supervisor')).toBe('EPERM');
    expect.soft(outcomes.get('look at its supervisor')).toBe('EACCES');
    expect.soft(outcomes.get('read a secret of the platform')).toBe('EACCES');
    expect.soft(outcomes.get('write a file')).not.toMatch(/^SUCCEEDED/);
    expect.soft(outcomes.get('become root')).toBe('EPERM');
    expect.soft(outcomes.get('read its own bundle')).toMatch(/^SUCCEEDED/);
    expect(reached).toBe(0);
  });
});
