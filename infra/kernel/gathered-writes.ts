import type { Socket } from 'node:net';

/** As much as a TLS record or a pipe holds: more gains nothing by waiting. */
const enoughBytes = 16 * 1024;

/**
 * Makes a socket send everything written within one turn of the event loop together, with one system call (over TLS, in
 * one record). Of a client's socket only once it is connected: `connect` of net.Socket puts its own `write` back.
 */
export function gather<Kind extends Socket>(socket: Kind): Kind {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let gathered = false;
  socket.write = (...args: unknown[]): boolean => {
    if (!gathered) {
      gathered = true;
      socket.cork();
      setImmediate(() => {
        gathered = false;
        socket.uncork();
      });
    }
    const isDrained = write(...args);
    // Whoever reads can begin while the rest is still being made.
    if (gathered && socket.writableLength >= enoughBytes) {
      socket.uncork();
      socket.cork();
    }
    return isDrained;
  };
  return socket;
}
