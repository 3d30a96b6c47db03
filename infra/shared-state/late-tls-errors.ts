import { subscribe } from 'node:diagnostics_channel';
import { TLSSocket } from 'node:tls';

let isInstalled = false;

/**
 * Ignores what a TLS connection of this process reports after it has failed. A connection that is ended during its
 * handshake, with a server that then turns out not to be trusted, emits a second error when the server objects to that
 * (TLSSocket._emitTLSError). ioredis listens once, and an error event without a listener ends the process.
 */
export function ignoreLateTlsErrors(): void {
  if (isInstalled) return;
  isInstalled = true;
  subscribe('net.client.socket', (message) => {
    const { socket } = message as { readonly socket: unknown };
    if (!(socket instanceof TLSSocket)) return;
    socket.prependOnceListener('error', (error) => {
      socket.on('error', () => undefined);
      // As without this listener. The one that was just added counts.
      if (socket.listenerCount('error') === 1) throw error;
    });
  });
}
