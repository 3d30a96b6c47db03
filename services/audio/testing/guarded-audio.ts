import { Pool, type Dispatcher } from 'undici';
import { readNdjson } from '#infra/http/ndjson.ts';
import { startHttpService } from '#infra/http/service.ts';
import { newId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { grantHeader, issueGrant, type Grant } from '#security/identity/grant.ts';
import { installGuard } from '#security/identity/guard.ts';
import { bot, service, spiffeId } from '#security/identity/spiffe.ts';
import { workloadTls } from '#security/identity/workload-connection.ts';
import { testInstallation, type TestInstallation } from '#test/installation.ts';
import { ada, guild, lounge, text, type AudioRig } from './audio-rig.ts';

interface Call {
  readonly method?: Dispatcher.HttpMethod;
  readonly path: string;
  readonly body?: unknown;
  /** What the proxy has decided; null sends none. */
  readonly grant: Partial<Grant> | null;
}

export interface GuardedAudio extends AsyncDisposable {
  readonly installation: TestInstallation;
  /** As gateway-proxy would, with a grant of its own. */
  call(call: Call): Promise<{ status: number; body: unknown }>;
  stream(call: Call): Promise<{ lines: AsyncGenerator<unknown>; end: () => void }>;
  /** With the certificate of another service. */
  callAs(name: 'api' | 'discord-edge', call: Call): Promise<{ status: number; body: unknown }>;
}

/** The audio service behind its real guard and listener, called with real certificates and grants. */
export async function guardedAudio(rig: AudioRig): Promise<GuardedAudio> {
  await using starting = new AsyncDisposableStack();
  const installation = starting.use(await testInstallation());
  const agent = await installation.agentFor('audio');
  const proxy = await installation.agentFor('gateway-proxy');
  const signer = await proxy.delegate('grant', 'audio');
  const http = starting.use(
    await startHttpService({
      name: 'audio',
      logger: silentLogger(),
      listen: { host: '127.0.0.1', port: 0 },
      ops: { host: '127.0.0.1', port: 0 },
      tls: agent.tls,
      register(app) {
        installGuard(app, { agent, audience: 'audio' });
        rig.audio.register(app);
      },
    }),
  );
  const poolOf = async (name: 'gateway-proxy' | 'api' | 'discord-edge') => {
    const { certificatePem, privateKeyPem, trustBundlePem } = (await installation.agentFor(name)).tls.current();
    const expected = spiffeId(installation.installation, service('audio'));
    const tls = { ...workloadTls(trustBundlePem, expected), cert: certificatePem, key: privateKeyPem };
    const pool = new Pool(http.url, { connect: tls });
    starting.defer(() => pool.destroy());
    return pool;
  };
  const grantOf = (given: Partial<Grant>) =>
    issueGrant(
      signer,
      {
        caller: bot(given.tenant ?? rig.guildKey.tenant),
        tenant: rig.guildKey.tenant,
        guild,
        action: 'player.read',
        decision: newId('dec'),
        requestId: newId('req'),
        ...given,
      },
      { audience: 'audio', nowMs: Date.now() },
    );
  const pools = {
    proxy: await poolOf('gateway-proxy'),
    api: await poolOf('api'),
    'discord-edge': await poolOf('discord-edge'),
  };
  const send = async (pool: Pool, { method = 'GET', path, body, grant }: Call) =>
    pool.request({
      method,
      path,
      headers: {
        ...(grant === null ? {} : { [grantHeader]: await grantOf(grant) }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const answered = async (response: Dispatcher.ResponseData) => {
    const raw = await response.body.text();
    return { status: response.statusCode, body: raw === '' ? undefined : (JSON.parse(raw) as unknown) };
  };
  const resources = starting.move();
  return {
    installation,
    call: async (call) => answered(await send(pools.proxy, call)),
    callAs: async (name, call) => answered(await send(pools[name], call)),
    async stream(call) {
      const { body } = await send(pools.proxy, call);
      body.on('error', () => undefined);
      return { lines: readNdjson(body), end: () => void body.destroy() };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Ada, as witnessed by the edge, using a command in the lounge. */
export const witnessed = (over: object = {}): NonNullable<Grant['member']> => ({
  kind: 'discord',
  user: ada,
  guild,
  channel: text,
  roles: [],
  permissions: '0',
  voiceChannel: lounge,
  command: 'play',
  ...over,
});
