import type { FastifyRequest } from 'fastify';
import type { Clock } from '#infra/kernel/clock.ts';
import { callerFault, platformFault } from '#infra/kernel/errors.ts';
import type { Action } from '#security/identity/actions.ts';
import { keyScopes, type KeyScope } from '#policies/roles.ts';
import type { Agent } from '#security/identity/agent.ts';
import { keyTokenHeader, verifyKeyToken } from '#security/identity/key-token.ts';
import { peerReader } from '#security/identity/peer.ts';
import type { ApiKeys } from '#tenants/tenant/api-keys.ts';
import type { BrowserSessions } from './sessions/browser-sessions.ts';
import type { Identity } from './sessions/identity.ts';
import type { SessionStore } from './sessions/session-store.ts';

export interface Identities {
  /**
   * Looked up once per request.
   * @throws BailiwickError session.required (401), session.cross-site (403), session.ambiguous (401), session.api-key
   * (401) for a key that has been removed in the meantime
   */
  of(request: FastifyRequest): Promise<Identity>;
  /** Looked up again, for what continues long after the request arrived. */
  anew(request: FastifyRequest): Promise<Identity>;
}

export interface IdentityPorts {
  readonly agent: Pick<Agent, 'installation' | 'keys' | 'revocations'>;
  readonly sessions: SessionStore;
  readonly browsers: BrowserSessions;
  readonly apiKeys: ApiKeys;
  readonly clock: Clock;
}

/**
 * The token that gateway-proxy got for an API key, or else a bearer value, or else the cookies: what is sent explicitly
 * takes precedence over what a browser attaches. An API key itself is not accepted here.
 */
export function createIdentities(ports: IdentityPorts): Identities {
  const { sessions, browsers, apiKeys } = ports;
  const keyOf = keyReader(ports);
  const known = new WeakMap<FastifyRequest, Promise<Identity>>();

  const anew = async (request: FastifyRequest): Promise<Identity> => {
    const key = await keyOf(request);
    if (key) {
      if (!key.key || !(await apiKeys.use(key.key.tenant, key.key.id))) throw keyGone();
      return key;
    }
    const { authorization } = request.headers;
    const [scheme, token] = (authorization ?? '').split(' ', 2);
    if (authorization === undefined) {
      const browser = await browsers.identify(request);
      if (browser) return browser;
    } else if (scheme?.toLowerCase() === 'bearer' && token) {
      const found = await sessions.find(token);
      if (found) return found;
    }
    throw callerFault('session.required', 'Sign in first: send `Authorization: Bearer <session>`.', 401);
  };

  return {
    anew,
    of(request) {
      const identity = known.get(request) ?? anew(request);
      known.set(request, identity);
      return identity;
    },
  };
}

/** The token is verified when the request arrives; what continues afterwards checks whether the key still exists. */
function keyReader({ agent, clock }: IdentityPorts) {
  const { installation, keys, revocations } = agent;
  const peerOf = peerReader(installation, clock);
  const verified = new WeakMap<FastifyRequest, Promise<Identity | undefined>>();
  const read = async (request: FastifyRequest): Promise<Identity | undefined> => {
    const token = request.headers[keyTokenHeader];
    if (typeof token !== 'string') return undefined;
    const thumbprint = peerOf(request.raw.socket)?.thumbprint ?? '';
    const verdict = await verifyKeyToken(token, { installation, keys, revocations, thumbprint, nowMs: clock.now() });
    // A certificate that was renewed between the exchange and this call: the proxy resolves this in a moment.
    if (!verdict.ok && (verdict.fault === 'wrong-certificate' || verdict.fault === 'not-fresh'))
      throw platformFault('session.key-token', 'The API key could not be checked. Try again in a moment.');
    if (!verdict.ok) throw keyGone();
    const { tenant, key, maker, scopes } = verdict.value;
    const actions = new Set(scopes.flatMap((scope): readonly Action[] => (isKeyScope(scope) ? keyScopes[scope] : [])));
    return { subject: maker, key: { id: key, tenant, actions } };
  };
  return (request: FastifyRequest): Promise<Identity | undefined> => {
    const identity = verified.get(request) ?? read(request);
    verified.set(request, identity);
    return identity;
  };
}

const isKeyScope = (text: string): text is KeyScope => Object.hasOwn(keyScopes, text);
const keyGone = () => callerFault('session.api-key', 'This API key is invalid, expired or removed.', 401);
