/** Hands requests to the main process and its answers back: everything that is no call of the voice gateway. */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface PassOn {
  /** `body`: what was read of the request already, all of it. */
  request(incoming: IncomingMessage, outgoing: ServerResponse, body?: Buffer): void;
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Idempotent. */
  close(): void;
}

/** Tells the main process who the client is; only its private socket takes it for true. */
export const CLIENT_ADDRESS_HEADER = 'x-visavox-client-address';

/** Belong to one connection, not to the message. */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', CLIENT_ADDRESS_HEADER]);
const UNAVAILABLE = JSON.stringify({
  error: 'The server is starting or stopping. Please try again.',
  code: 'UNAVAILABLE',
});

export function createPassOn(mainSocket: string): PassOn {
  const agent = new http.Agent({ keepAlive: true });
  const sockets = new Set<Socket>();

  return {
    request(incoming, outgoing, body) {
      const upstream = http.request({
        socketPath: mainSocket,
        agent,
        method: incoming.method,
        path: incoming.url,
        headers: headersFor(incoming, body),
      });
      upstream.on('response', (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, messageHeaders(answer.rawHeaders));
        outgoing.flushHeaders();
        answer.on('error', () => outgoing.destroy());
        answer.on('aborted', () => outgoing.destroy());
        answer.pipe(outgoing);
      });
      upstream.on('error', () => {
        if (outgoing.headersSent) {
          outgoing.destroy();
          return;
        }
        outgoing.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
        outgoing.end(UNAVAILABLE);
      });
      outgoing.on('close', () => {
        if (!outgoing.writableFinished) upstream.destroy();
      });
      if (body === undefined) incoming.pipe(upstream);
      else upstream.end(body);
    },

    upgrade(incoming, socket, head) {
      const upstream = connect(mainSocket);
      sockets.add(upstream);
      const end = () => {
        sockets.delete(upstream);
        upstream.destroy();
        socket.destroy();
      };
      upstream.on('error', end);
      upstream.on('close', end);
      socket.on('error', end);
      socket.on('close', end);
      const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
      const headers = incoming.rawHeaders;
      for (let at = 0; at < headers.length; at += 2) {
        if (headers[at]?.toLowerCase() !== CLIENT_ADDRESS_HEADER)
          lines.push(`${headers[at]}: ${headers[at + 1]}`);
      }
      lines.push(`${CLIENT_ADDRESS_HEADER}: ${incoming.socket.remoteAddress ?? ''}`, '', '');
      upstream.write(lines.join('\r\n'));
      if (head.length > 0) upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    },

    close() {
      agent.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function headersFor(incoming: IncomingMessage, body: Buffer | undefined): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (!OF_THE_CONNECTION.has(name)) headers[name] = value;
  }
  headers[CLIENT_ADDRESS_HEADER] = incoming.socket.remoteAddress ?? '';
  if (body !== undefined) {
    delete headers['transfer-encoding'];
    headers['content-length'] = body.length;
  }
  return headers;
}

function messageHeaders(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}
