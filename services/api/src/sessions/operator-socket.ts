import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '#infra/kernel/clock.ts';
import { socketAddress } from '#infra/kernel/socket-address.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { OperatorSignIns } from './operator-sign-ins.ts';

/** How many sign-ins may be requested in that time; whoever needs more has another problem. */
const limit = { count: 5, windowMs: 10 * 60_000 };
const answerTimeoutMs = 5_000;
const maxConnections = 4;

/** The response, as a line of JSON. */
type OperatorSocketAnswer =
  | { readonly link: string; readonly expiresAt: string }
  | { readonly code: 'operator.sign-in-rate'; readonly retryAfterSec: number }
  | { readonly code: 'operator.sign-in-failed' };

export interface OperatorSocketPorts {
  readonly operatorSignIns: OperatorSignIns;
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Gives a new one-time operator sign-in to whoever can connect: the user who owns the data folder, and root, by the
 * mode of the folder that contains the socket. Nothing that is sent is read.
 */
export async function openOperatorSocket(file: string, ports: OperatorSocketPorts): Promise<AsyncDisposable> {
  const { operatorSignIns, publicUrl, clock, logger } = ports;
  let given: number[] = [];
  const answer = async (): Promise<OperatorSocketAnswer> => {
    const nowMs = clock.now();
    given = given.filter((at) => at > nowMs - limit.windowMs);
    const [oldest = nowMs] = given;
    if (given.length >= limit.count)
      return { code: 'operator.sign-in-rate', retryAfterSec: Math.ceil((oldest + limit.windowMs - nowMs) / 1_000) };
    given.push(nowMs);
    try {
      const { token, expiresAt } = await operatorSignIns.issue();
      // After the #, where no server, proxy or log sees it.
      return { link: `${publicUrl}/sign-in#${token}`, expiresAt: expiresAt.toISOString() };
    } catch (error) {
      logger.error({ err: error }, 'could not create an operator sign-in');
      return { code: 'operator.sign-in-failed' };
    }
  };
  const server = createServer((socket: Socket) => {
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    // A client that has left receives nothing.
    socket.on('error', () => undefined);
    socket.resume();
    void answer().then((text) => {
      socket.write(`${JSON.stringify(text)}\n`);
      socket.destroySoon();
    });
  });
  server.maxConnections = maxConnections;
  await using address = await socketAddress(file);
  // A socket left by a killed run accepts no connection.
  await rm(file, { force: true });
  await listen(server, address.path);
  await chmod(file, 0o600);
  return {
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
      await rm(file, { force: true });
    },
  };
}

const listen = (server: Server, at: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => resolve());
  });
