import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A link to a server that a test can cut and restore. */
export interface Link extends AsyncDisposable {
  readonly port: number;
  /** Connections refused since the start. */
  readonly refused: number;
  cut(): void;
  restore(): void;
}

/** Forwards TCP to a port of this machine; while it is cut, connections are refused by closing them at once. */
export async function startLink(toPort: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let whole = true;
  let refused = 0;
  const server = createServer((near) => {
    if (!whole) {
      refused += 1;
      near.destroy();
      return;
    }
    const far = connect(toPort, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get refused() {
      return refused;
    },
    cut() {
      whole = false;
      drop();
    },
    restore() {
      whole = true;
    },
    async [Symbol.asyncDispose]() {
      drop();
      server.close();
      await once(server, 'close');
    },
  };
}
