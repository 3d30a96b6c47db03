import type { Socket } from 'node:net';

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
    return write(...args);
  };
  return socket;
}
