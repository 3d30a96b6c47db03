import { createSecureContext, type SecureContext } from 'node:tls';
import { pause, type Clock } from '#infra/kernel/clock.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import { createCertificateRequest } from '#security/identity/certificate-request.ts';
import type { BotLogger } from '../application/bot-ports.ts';
import type { Audience, IssuedCallToken, SupervisorChannel } from './supervisor-channel.ts';

const callTokenMarginMs = 10_000;
const renewalBackoff = { minMs: 1_000, maxMs: 60_000 };

/** One key with its certificate and the call tokens bound to it; replaced as a whole at renewal. */
export interface Identity {
  readonly secureContext: SecureContext;
  readonly expiresAtMs: number;
  /** A call token for this certificate; cached until shortly before it expires. */
  callToken(audience: Audience): Promise<string>;
}

export interface IdentityHolder {
  current(): Identity;
  /** Called with the new identity after each renewal. */
  onRenewed(listener: (identity: Identity) => void): void;
}

/** Obtains the bot's first identity and renews it at half its lifetime, with a new key each time. */
export async function holdIdentity(options: {
  readonly channel: SupervisorChannel;
  readonly clock: Clock;
  readonly logger: BotLogger;
  readonly signal: AbortSignal;
}): Promise<IdentityHolder> {
  const { channel, clock, logger, signal } = options;
  const listeners: ((identity: Identity) => void)[] = [];
  let current = await obtainAtLast(options);
  const renewAfter = (delayMs: number, attempt: number): void => {
    clock.after(delayMs, () => {
      if (signal.aborted) return;
      obtain(channel, clock).then(
        (renewed) => {
          current = renewed;
          listeners.forEach((listener) => listener(renewed));
          renewAfter(halfLifeMs(renewed, clock), 0);
        },
        (error: unknown) => {
          logger.warn({ err: error, attempt }, 'could not renew the certificate yet');
          renewAfter(backoffDelayMs(attempt, renewalBackoff), attempt + 1);
        },
      );
    });
  };
  renewAfter(halfLifeMs(current, clock), 0);
  return { current: () => current, onRenewed: (listener) => listeners.push(listener) };
}

const halfLifeMs = (identity: Identity, clock: Clock): number =>
  Math.max(1_000, (identity.expiresAtMs - clock.now()) / 2);

/** At the start there is nothing to fall back to: retries until it works, or the bot is stopped. */
async function obtainAtLast(options: Parameters<typeof holdIdentity>[0]): Promise<Identity> {
  const { channel, clock, logger, signal } = options;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await obtain(channel, clock);
    } catch (error) {
      logger.warn({ err: error, attempt }, 'there is no certificate yet');
      await pause(backoffDelayMs(attempt, renewalBackoff), clock, signal);
      if (signal.aborted) throw error;
    }
  }
}

async function obtain(channel: SupervisorChannel, clock: Clock): Promise<Identity> {
  const { csrPem, privateKeyPem } = createCertificateRequest();
  const issued = await channel.certificate(csrPem);
  const secureContext = createSecureContext({
    key: privateKeyPem,
    cert: issued.certificatePem,
    ca: issued.trustBundlePem,
    minVersion: 'TLSv1.3',
  });
  return { secureContext, expiresAtMs: issued.expiresAtMs, callToken: rememberCallTokens(channel, clock) };
}

function rememberCallTokens(channel: SupervisorChannel, clock: Clock): (audience: Audience) => Promise<string> {
  const held = new Map<Audience, IssuedCallToken>();
  const asked = new Map<Audience, Promise<IssuedCallToken>>();
  return async (audience) => {
    const known = held.get(audience);
    if (known && known.expiresAtMs - callTokenMarginMs > clock.now()) return known.token;
    const question = asked.get(audience) ?? channel.callToken(audience).finally(() => asked.delete(audience));
    asked.set(audience, question);
    const issued = await question;
    held.set(audience, issued);
    return issued.token;
  };
}
