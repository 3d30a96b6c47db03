import { X509Certificate } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Turns } from '#infra/http/addresses.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { BotAudience, Question, ToBot } from '#tenants/instance-protocol/door.ts';
import { TokenBucket } from '#infra/kernel/rate-limiter.ts';

/** What the token service does for a bot when its supervisor vouches for it. */
export interface Vouching {
  certificate(
    spiffeId: string,
    requestPem: string,
  ): Promise<{ certificatePem: string; trustBundlePem: string; expiresAtMs: number }>;
  callToken(
    spiffeId: string,
    audience: BotAudience,
    thumbprint: string,
    lease: number,
  ): Promise<{ token: string; expiresAtMs: number }>;
}

/** Where one gateway-proxy listens. */
export interface ProxyAddress {
  readonly host: string;
  readonly port: number;
}

export interface DoorOptions {
  /** The bot's own id. Nothing that the bot sends can make it another's. */
  readonly spiffeId: string;
  /** Fencing token of the lease under which the bot runs: it is part of its call tokens. */
  readonly lease: number;
  readonly vouching: Vouching;
  /** gateway-proxy: the only places that a door leads to. */
  readonly proxies: Turns<ProxyAddress>;
  readonly send: (message: ToBot, socket?: Socket) => void;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface Door {
  asked(question: Question): void;
  /** The bot is gone: connections in progress are dropped. */
  close(): void;
}

const connectTimeoutMs = 5_000;
const maxConnecting = 4;
/** The bot's limit of open files bounds its open sockets; these limits bound how fast it may request them. */
const doorBudget = { burst: 24, perSec: 2 };
const certificateBudget = { burst: 4, perSec: 0.2 };
const tokenBudget = { burst: 24, perSec: 2 };

/**
 * A bot's door: its certificate is vouched for, its call tokens are fetched, and connected sockets to gateway-proxy are
 * handed over, all in the name of the tenant that this process was started for.
 */
export function createDoor(options: DoorOptions): Door {
  const { spiffeId, lease, vouching, proxies, send, logger, clock } = options;
  const budgets = {
    csr: new TokenBucket(certificateBudget),
    door: new TokenBucket(doorBudget),
    'call-token': new TokenBucket(tokenBudget),
  };
  const connecting = new Set<Socket>();
  let thumbprint: string | undefined;
  let closed = false;

  const vouch = async (requestPem: string): Promise<void> => {
    try {
      const issued = await vouching.certificate(spiffeId, requestPem);
      thumbprint = thumbprintOf(issued.certificatePem);
      send({ type: 'identity', ...issued });
    } catch (error) {
      // The protocol has no refusal: the bot repeats the request when it has waited long enough.
      logger.warn({ err: error }, "could not vouch for a bot's certificate");
    }
  };
  const token = async (id: number, audience: BotAudience): Promise<void> => {
    if (thumbprint === undefined) return send({ type: 'call-token', id, refused: 'there is no certificate yet' });
    try {
      const issued = await vouching.callToken(spiffeId, audience, thumbprint, lease);
      send({ type: 'call-token', id, token: issued.token, expiresAtMs: issued.expiresAtMs });
    } catch (error) {
      logger.warn({ err: error, audience }, 'could not obtain a call token for a bot');
      send({ type: 'call-token', id, refused: 'the token service is unavailable' });
    }
  };
  const open = (id: number): void => {
    if (connecting.size >= maxConnecting) return send({ type: 'door', id, refused: 'too many doors at once' });
    connectTo(proxies.take(), id);
  };
  const connectTo = ([proxy, ...others]: readonly ProxyAddress[], id: number): void => {
    if (!proxy) return send({ type: 'door', id, refused: 'gateway-proxy cannot be reached' });
    const socket = connect({ host: proxy.host, port: proxy.port, noDelay: true });
    // Only the bot may read what the other side sends: nothing is read here.
    socket.pause();
    connecting.add(socket);
    const cancel = clock.after(connectTimeoutMs, () => socket.destroy(new Error('timeout')));
    const over = (): void => {
      cancel();
      connecting.delete(socket);
      socket.off('error', failed);
    };
    const failed = (error: Error): void => {
      over();
      socket.on('error', () => undefined);
      logger.warn({ err: error }, 'gateway-proxy cannot be reached for a bot');
      proxies.failed(proxy);
      if (!closed) connectTo(others, id);
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      over();
      proxies.reached(proxy);
      if (closed) socket.destroy();
      else send({ type: 'door', id }, socket);
    });
  };

  return {
    asked(question) {
      if (closed) return undefined;
      const granted = budgets[question.type].take();
      switch (question.type) {
        case 'csr':
          return granted ? void vouch(question.pem) : logger.warn({}, 'a bot requests certificates too often');
        case 'door':
          return granted ? open(question.id) : send({ type: 'door', id: question.id, refused: 'asked too often' });
        case 'call-token':
          if (granted) return void token(question.id, question.audience);
          return send({ type: 'call-token', id: question.id, refused: 'asked too often' });
      }
    },
    close() {
      closed = true;
      for (const socket of connecting) socket.destroy();
      connecting.clear();
    },
  };
}

/** x5t#S256 (RFC 8705, 3.1), from the certificate itself and not from what the bot claims about it. */
const thumbprintOf = (certificatePem: string): string =>
  Buffer.from(new X509Certificate(certificatePem).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
