import { z } from 'zod';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { retry } from '../retry.ts';
import { parseSpiffeId } from '../spiffe.ts';
import type { TokenService } from './token-service.ts';

/** A message from the parent process: the holder of this token may enrol as this workload until then. */
const launcherMessageSchema = z.strictObject({
  type: z.literal('enrolment'),
  tokenSha256Base64: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
  spiffeId: z.string().max(256),
  /** Milliseconds since the epoch. */
  expiresAtMs: z.number().int(),
});

/** Messages to the parent process. `identity` is sent at start and whenever an authority is added. */
type ToLauncher =
  | { readonly type: 'identity'; readonly trustBundlePem: string }
  | { readonly type: 'enrolment-known'; readonly tokenSha256Base64: string }
  | { readonly type: 'enrolment-refused'; readonly tokenSha256Base64: string; readonly code: string };

/** The parent waits longer. */
const storeWithinMs = 20_000;

/** The IPC channel to the parent, as in `process`. */
export interface LauncherChannel {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  send(message: ToLauncher): void;
}

/** Accepts enrolments from the parent process, which alone can reach this channel. */
export function serveLauncher(
  channel: LauncherChannel,
  options: { service: TokenService; installation: InstallationId; logger: Logger },
): () => void {
  const { service, installation, logger } = options;
  const refuse = (tokenSha256Base64: string, code: string) =>
    channel.send({ type: 'enrolment-refused', tokenSha256Base64, code });
  channel.on('message', (message) => {
    const parsed = launcherMessageSchema.safeParse(message);
    if (!parsed.success) {
      logger.error('the parent process sent an unknown message');
      return;
    }
    const { tokenSha256Base64, spiffeId, expiresAtMs } = parsed.data;
    const workload = parseSpiffeId(spiffeId, installation);
    if (!workload || (workload.kind === 'service' && workload.name === 'token-service')) {
      refuse(tokenSha256Base64, 'identity.not-a-workload');
      return;
    }
    // An outage of the database is waited for: the parent asks once.
    retry(() => service.enrolments.expect(tokenSha256Base64, workload, expiresAtMs), { withinMs: storeWithinMs }).then(
      () => channel.send({ type: 'enrolment-known', tokenSha256Base64 }),
      (error: unknown) => {
        logger.error({ err: error }, 'an enrolment was refused');
        refuse(tokenSha256Base64, error instanceof BailiwickError ? error.code : 'identity.enrolment-failed');
      },
    );
  });
  const tell = () => channel.send({ type: 'identity', trustBundlePem: service.trustBundlePem() });
  tell();
  return service.onTrustBundleChanged(tell);
}
