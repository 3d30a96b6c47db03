import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Turns } from '#infra/http/addresses.ts';
import { systemClock } from '#infra/kernel/clock.ts';
import { newTenantId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { bot, spiffeId } from '#security/identity/spiffe.ts';
import { createDoor, type Door } from '#tenants/supervisor/door.ts';
import type { BotProcess, Launcher } from '#tenants/supervisor/launcher.ts';
import { startConfinementFixture, type ConfinementFixture } from './confinement-fixture.ts';
import { bundleFolder, hostilePrelude, launcherOf, runHostile, type HostileRun } from './confinement-hostile.ts';

const within = { timeout: 15_000, interval: 50 };
const resources = new AsyncDisposableStack();
let fixture: ConfinementFixture;
let folder: Awaited<ReturnType<typeof bundleFolder>>;

beforeAll(async () => {
  fixture = resources.use(await startConfinementFixture());
  folder = resources.use(await bundleFolder());
});
afterAll(() => resources.disposeAsync());

/** Runs a hostile program whose requests are answered by a real door, with the real token service behind it. */
async function runAtDoor(name: string, source: string): Promise<HostileRun & { readonly spiffeId: string }> {
  const { launcher } = await launcherOf(await folder.write(name, hostilePrelude + source));
  const { tokenService } = await fixture.installation.agentFor('supervisor');
  let door: Door | undefined;
  const doorOf = (process: BotProcess): Door =>
    (door ??= createDoor({
      spiffeId: spiffeId(fixture.installation.installation, bot(hostile.tenant)),
      lease: 1,
      vouching: {
        certificate: (id, csr) => tokenService.vouchCertificate(id, csr),
        callToken: (id, audience, thumbprint, lease) => tokenService.vouchCallToken(id, audience, thumbprint, lease),
      },
      proxies: new Turns([{ host: '127.0.0.1', port: fixture.edge.port }]),
      send: (message, socket) => process.send(message, socket),
      logger: silentLogger(),
      clock: systemClock,
    }));
  const hostile = runHostile(launcher, (message, process) => {
    if (message.type !== 'state' && message.type !== 'pong') doorOf(process).asked(message);
  });
  resources.defer(() => hostile.process.kill('the test is over'));
  return Object.assign(hostile, { spiffeId: spiffeId(fixture.installation.installation, bot(hostile.tenant)) });
}

/** A program that makes a certificate request for any name, as any program can. */
const requestFor = async (uri: string): Promise<string> => {
  const { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension, cryptoProvider } =
    await import('@peculiar/x509');
  cryptoProvider.set(globalThis.crypto);
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${uri.slice(-20)}`,
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new SubjectAlternativeNameExtension([{ type: 'url', value: uri }])],
  });
  return request.toString('pem');
};

const doorFor = `process.on('message', (message, socket) => {
  if (message.type === 'door') tell('door ' + message.id, message.refused ?? (socket.remotePort + ' ' + socket.remoteAddress));
});`;

describe("another tenant's door", () => {
  test('leads a bot to gateway-proxy and nowhere else, whatever it asks for', async () => {
    const other = newTenantId();
    const before = fixture.edge.connections;
    const hostile = await runAtDoor(
      'door',
      `${doorFor} process.send({ type: 'door', id: 1 }); process.send({ type: 'door', id: 2, host: '192.0.2.1', port: 80, tenant: '${other}' });`,
    );
    await vi.waitFor(() => expect(hostile.outcomes.size).toBe(2), within);
    expect([...hostile.outcomes.values()]).toEqual([
      `${fixture.edge.port} 127.0.0.1`,
      `${fixture.edge.port} 127.0.0.1`,
    ]);
    await vi.waitFor(() => expect(fixture.edge.connections).toBe(before + 2), within);
  });

  test('that is requested but never used leaves no connection behind when the bot is stopped', async () => {
    const { connections: before, open } = fixture.edge;
    const hostile = await runAtDoor(
      'untaken',
      `for (let id = 1; id <= 4; id += 1) process.send({ type: 'door', id }, () => { if (id === 4) for (;;); });`,
    );
    await vi.waitFor(() => expect(fixture.edge.connections).toBe(before + 4), within);
    hostile.process.kill('the test wants it');
    await vi.waitFor(() => expect(fixture.edge.open).toBeLessThanOrEqual(open), within);
  });

  test('gives a bot that asks for the certificate of another tenant only its own', async () => {
    const other = spiffeId(fixture.installation.installation, bot(newTenantId()));
    const csr = await requestFor(other);
    const hostile = await runAtDoor(
      'csr',
      `process.on('message', ({ certificatePem }) => { const { subjectAltName } = new (require('node:crypto').X509Certificate)(certificatePem); tell('name', subjectAltName); });
       process.send({ type: 'csr', pem: ${JSON.stringify(csr)}, spiffeId: '${other}' });`,
    );
    await vi.waitFor(() => expect(hostile.outcomes.get('name')).toBe(`URI:${hostile.spiffeId}`), within);
  });

  test('issues call tokens only for its own certificate and in its own name', async () => {
    const other = newTenantId();
    const plain = await requestWithoutName();
    const hostile = await runAtDoor(
      'token',
      `process.on('message', (message) => {
         if (message.type === 'identity') { const { fingerprint256 } = new (require('node:crypto').X509Certificate)(message.certificatePem);
           tell('thumbprint', Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url'));
           process.send({ type: 'call-token', id: 2, audience: 'audio', spiffeId: 'spiffe://test/tenant/${other}/bot', thumbprint: 'x'.repeat(43) }); }
         if (message.type === 'call-token' && message.token) { const { sub, cnf, aud } = JSON.parse(Buffer.from(message.token.split('.')[1], 'base64url').toString()); tell('token', JSON.stringify({ sub, cnf, aud })); }
         if (message.type === 'call-token' && message.refused) tell('refused ' + message.id, message.refused);
       });
       process.send({ type: 'call-token', id: 1, audience: 'audio' });
       process.send({ type: 'csr', pem: ${JSON.stringify(plain)} });`,
    );
    await vi.waitFor(() => expect(hostile.outcomes.has('token')).toBe(true), within);
    expect(hostile.outcomes.get('refused 1')).toBe('there is no certificate yet');
    expect(JSON.parse(hostile.outcomes.get('token') ?? '')).toEqual({
      sub: hostile.spiffeId,
      aud: 'spiffe://test/svc/audio',
      cnf: { 'x5t#S256': hostile.outcomes.get('thumbprint') },
    });
  });

  test('opens no more doors than a bot needs', async () => {
    const before = fixture.edge.connections;
    const hostile = await runAtDoor(
      'many-doors',
      `let open = 0; const held = []; process.on('message', (message, socket) => { if (socket) { held.push(socket); open += 1; } tell('doors', open); if (message.id === 60) tell('last', message.refused ?? 'opened'); });
       for (let id = 1; id <= 60; id += 1) process.send({ type: 'door', id });`,
    );
    await vi.waitFor(() => expect(hostile.outcomes.get('last')).toMatch(/asked too often|too many doors/), within);
    expect(fixture.edge.connections - before).toBeLessThanOrEqual(24);
  });

  async function requestWithoutName(): Promise<string> {
    const { createCertificateRequest } = await import('#security/identity/certificate-request.ts');
    return createCertificateRequest().csrPem;
  }
});

/**
 * Without a guard (tenants/supervisor/ipc-guard.ts), Node's IPC channel would throw in the parent for each of these.
 */
const channelAttacks: Record<string, { source: string; because: RegExp }> = {
  'a line that is not JSON': { source: `fs.writeSync(3, 'this is not JSON\\n');`, because: /not a message/ },
  'a line without an end': {
    source: `const part = Buffer.alloc(65536, 0x31); const write = () => { for (;;) { try { fs.writeSync(3, part); } catch (error) { if (error.code !== 'EAGAIN') throw error; return setTimeout(write, 1); } } }; write();`,
    because: /larger than allowed/,
  },
  'a forged acknowledgement': { source: `process.send({ cmd: 'NODE_HANDLE_ACK' });`, because: /forged/ },
  'a forged message of the cluster module': {
    source: `process.send({ cmd: 'NODE_CLUSTER', act: 'queryServer' });`,
    because: /forged/,
  },
  'a handle of a kind that does not exist': {
    source: `process.send({ cmd: 'NODE_HANDLE', type: 'net.Nothing' });`,
    because: /forged/,
  },
  'a message that is not in the protocol': {
    source: `process.send({ type: 'become-root' });`,
    because: /not in the protocol/,
  },
  'a request for an audience that bots may not have': {
    source: `process.send({ type: 'call-token', id: 1, audience: 'supervisor' });`,
    because: /not in the protocol/,
  },
  null: { source: `process.send(null);`, because: /not in the protocol/ },
  'messages without end': {
    source: `const flood = () => { for (let i = 0; i < 1000; i += 1) process.send({ type: 'state', state: 'starting', detail: '{}' }); setImmediate(flood); }; flood();`,
    because: /too many messages/,
  },
  'more requests than it reads answers to': {
    source: `for (let id = 0; id < 100; id += 1) process.send({ type: 'door', id });`,
    because: /asked for more than it took/,
  },
};

describe('hostile messages to the supervisor', () => {
  let launcher: Launcher;
  let bystander: HostileRun;
  beforeAll(async () => {
    ({ launcher } = await launcherOf(
      await folder.write(
        'bystander',
        `${hostilePrelude} let beats = 0; setInterval(() => tell('beat', (beats += 1)), 100);`,
      ),
    ));
    bystander = runHostile(launcher);
    resources.defer(() => bystander.process.kill('the test is over'));
  });

  test.each(Object.entries(channelAttacks))(
    '%s terminates the bot that sent it, and no other',
    async (name, attack) => {
      const { launcher: hostileLauncher } = await launcherOf(
        await folder.write(
          name.replaceAll(' ', '-'),
          `${hostilePrelude} ${attack.source} setInterval(() => undefined, 1000);`,
        ),
      );
      const hostile = runHostile(hostileLauncher);
      const exit = await hostile.exit;
      expect(exit.because).toMatch(attack.because);
      const beat = Number(bystander.outcomes.get('beat') ?? 0);
      await vi.waitFor(() => expect(Number(bystander.outcomes.get('beat'))).toBeGreaterThan(beat), within);
      expect(bystander.running).toBe(true);
    },
  );

  test('a bot that reads slowly is sent messages at its own pace, and is left alone', async () => {
    const asked = 70;
    const source = `
      let taken = 0;
      process.on('message', (message, socket) => { socket?.destroy(); tell('taken', (taken += 1)); });
      for (let id = 0; id < ${asked}; id += 1) process.send({ type: 'door', id });
      for (const until = Date.now() + 500; Date.now() < until; );
    `;
    const { launcher: slowLauncher } = await launcherOf(await folder.write('slow', `${hostilePrelude} ${source}`));
    let open = 0;
    let mostOpen = 0;
    const slow = runHostile(slowLauncher, (message, process) => {
      if (message.type !== 'door') return;
      mostOpen = Math.max(mostOpen, (open += 1));
      const socket = connect(fixture.edge.port, '127.0.0.1', () => {
        open -= 1;
        process.send({ type: 'door', id: message.id }, socket);
      });
    });
    resources.defer(() => slow.process.kill('the test is over'));
    await vi.waitFor(() => expect(slow.outcomes.get('taken')).toBe(String(asked)), within);
    expect(mostOpen).toBeLessThanOrEqual(16);
    expect(slow.running).toBe(true);
  });

  test('a bot that speaks the protocol at its usual pace is left alone', async () => {
    const { launcher: politeLauncher } = await launcherOf(
      await folder.write('polite', `${hostilePrelude} for (let i = 1; i <= 100; i += 1) tell('count', i);`),
    );
    const polite = runHostile(politeLauncher);
    await vi.waitFor(() => expect(polite.outcomes.get('count')).toBe('100'), within);
    const exit = await polite.exit;
    expect(exit).toEqual({ code: 0, signal: null });
  });
});
