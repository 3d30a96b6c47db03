import { once } from 'node:events';
import { connect } from 'node:net';

const answerWithinMs = 1_000;

/**
 * Whether a Redis without TLS is at this address. It takes the beginning of a TLS handshake for an unfinished command and
 * waits, so it looks like a server that hangs. Sends no secret.
 */
export async function isPlainRedis(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port || 6379) });
  try {
    socket.write('PING\r\n');
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(answerWithinMs) })) as [Buffer];
    return /^(?:\+PONG|-(?:NOAUTH|ERR|DENIED|NOPERM) )/.test(answer.toString('latin1'));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
