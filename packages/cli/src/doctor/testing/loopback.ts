/** Servers on loopback that tests script: HTTP, bare TCP, and ones that never answer. All are closed together. */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface Loopback {
  /** An address without a trailing slash. */
  http(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string>;
  /** A port. */
  tcp(onConnection: (socket: Socket) => void): Promise<number>;
  udp(onMessage: (bytes: Buffer, from: RemoteInfo, socket: UdpSocket) => void): Promise<number>;
  /** A port on which nobody listens. */
  freePort(): Promise<number>;
  /** Idempotent. */
  close(): Promise<void>;
}

export const silence = (): void => {};

export function createLoopback(): Loopback {
  const cleanups: (() => void)[] = [];
  const tcp: Loopback['tcp'] = async (onConnection) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    return portOf(server.address());
  };
  return {
    tcp,
    async http(answer) {
      const server = createHttpServer(answer);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      cleanups.push(() => {
        server.close();
        server.closeAllConnections();
      });
      return `http://127.0.0.1:${portOf(server.address())}`;
    },
    async udp(onMessage) {
      const socket = createSocket('udp4');
      socket.on('message', (bytes, from) => onMessage(bytes, from, socket));
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      cleanups.push(() => socket.close());
      return socket.address().port;
    },
    async freePort() {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const port = portOf(server.address());
      server.close();
      await once(server, 'close');
      return port;
    },
    async close() {
      for (const cleanup of cleanups.splice(0)) cleanup();
    },
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('It does not listen on a port.');
  return address.port;
}
