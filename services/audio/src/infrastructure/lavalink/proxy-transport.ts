import { WebSocket } from 'ws';
import { Turns, type Addresses } from '#infra/http/addresses.ts';
import { wholeBody } from '#infra/http/whole-body.ts';
import { upstreamFault } from '#infra/kernel/errors.ts';
import { fencingTokenHeader } from '#infra/leases/lease.ts';
import { addressOf } from '#policies/addresses.ts';
import type { Agent } from '#security/identity/agent.ts';
import type { Caller } from '#security/identity/caller.ts';
import { service, spiffeId } from '#security/identity/spiffe.ts';
import { workloadTls } from '#security/identity/workload-connection.ts';
import {
  handshakeTimeoutMs,
  maxAnswerBytes,
  maxMessageBytes,
  type LavalinkTransport,
  type NodeAddress,
} from './transport.ts';

export interface ProxyTransportOptions {
  readonly agent: Pick<Agent, 'installation' | 'tls' | 'thumbprint' | 'callToken'>;
  readonly caller: Caller;
  /** gateway-proxy's mTLS listeners. */
  readonly proxy: Addresses;
}

type Method = Parameters<Caller['request']>[0]['method'];
const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] satisfies Method[];
const isMethod = (text: string): text is Method => methods.includes(text);

/**
 * Reaches nodes through gateway-proxy, like every call: with this service's certificate and a call token for Lavalink.
 * The proxy decides, and adds the node's password to what it lets pass; this process never sees it.
 */
export function createProxyTransport({ agent, caller, proxy }: ProxyTransportOptions): LavalinkTransport {
  const expectedSpiffeId = spiffeId(agent.installation, service('gateway-proxy'));
  const proxies = new Turns([proxy.url, ...(proxy.alternatives ?? [])]);
  const credentials = async () => {
    for (;;) {
      const thumbprint = agent.thumbprint();
      const token = await agent.callToken('lavalink');
      if (agent.thumbprint() === thumbprint) return { token, ...agent.tls.current() };
    }
  };
  return {
    async request(address, { method, path, body, signal, timeoutMs }) {
      if (!isMethod(method)) throw upstreamFault('player.bad-request', `Lavalink has no method ${method}.`);
      const answer = await caller.request({
        to: 'lavalink',
        method,
        path: `${base(address)}${path}`,
        signal,
        timeoutMs,
        headers: { ...fencing(address), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
      });
      const text = (await wholeBody(answer.body, maxAnswerBytes, tooLarge)).toString('utf8');
      return { status: answer.status, contentType: String(answer.headers['content-type'] ?? ''), body: text };
    },
    async connect(address, headers) {
      const { token, certificatePem, privateKeyPem, trustBundlePem } = await credentials();
      const { to, path } = addressOf('lavalink', 'GET /tenants/:tenant/nodes/:node/v4/websocket', {
        tenant: address.tenant,
        node: address.node,
      });
      const [proxyUrl = proxy.url] = proxies.take();
      const url = new URL(`/${to}${path}`, proxyUrl.replace(/^http/, 'ws'));
      const socket = new WebSocket(url, {
        ...workloadTls(trustBundlePem, expectedSpiffeId),
        cert: certificatePem,
        key: privateKeyPem,
        headers: { ...headers, ...fencing(address), Authorization: `Bearer ${token}` },
        handshakeTimeout: handshakeTimeoutMs,
        maxPayload: maxMessageBytes,
        perMessageDeflate: false,
      });
      // The next attempt is made elsewhere.
      socket.once('error', () => proxies.failed(proxyUrl));
      return socket;
    },
  };
}

const fencing = ({ fencingToken }: NodeAddress) => ({ [fencingTokenHeader]: String(fencingToken) });
const base = ({ tenant, node }: NodeAddress) => `/tenants/${tenant}/nodes/${encodeURIComponent(node)}`;

const tooLarge = () => upstreamFault('player.answer-too-large', 'The music server gave a response that is too large.');
