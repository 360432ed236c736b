/** A vendor that follows a script: a real HTTP and WebSocket server on loopback. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

export interface VendorRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Answers a request; when it throws, the connection breaks. */
export type VendorAnswer = (request: VendorRequest, response: ServerResponse) => void | Promise<void>;

/** A WebSocket that a client opened. */
export interface VendorConnection {
  readonly request: Omit<VendorRequest, 'body' | 'method'>;
  /** What the client sends, until the connection ends. Iterate once. */
  readonly messages: AsyncIterable<string | Uint8Array>;
  /** Objects go as JSON. */
  send(message: string | Uint8Array | object): void;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  close(code?: number, reason?: string): void;
  /** Breaks the connection off without a close message. */
  terminate(): void;
}

export interface SocketScript {
  /** Talks to one client; when it throws, the connection breaks. */
  readonly onConnection: (connection: VendorConnection) => void | Promise<void>;
  /** An HTTP answer in place of the upgrade. */
  readonly refuse?: (
    request: VendorConnection['request'],
  ) => { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | undefined;
}

export interface HttpVendor {
  /** With `/v1`. */
  readonly baseUrl: string;
  /** Without a path. */
  readonly origin: string;
  readonly requests: readonly VendorRequest[];
  /** In the order in which they were opened. */
  readonly connections: readonly VendorConnection[];
  close(): Promise<void>;
}

/** Starts the server; `answer` gets each request with its whole body. */
export async function startHttpVendor(answer: VendorAnswer, socket?: SocketScript): Promise<HttpVendor> {
  const requests: VendorRequest[] = [];
  const connections: VendorConnection[] = [];
  const server = createServer(async (incoming, response) => {
    try {
      const pieces: Buffer[] = [];
      for await (const piece of incoming) pieces.push(piece);
      const request = {
        method: incoming.method ?? '',
        path: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(pieces),
      };
      requests.push(request);
      await answer(request, response);
    } catch {
      response.destroy();
    }
  });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (incoming, raw, head) => {
    const request = { path: incoming.url ?? '', headers: incoming.headers };
    const refusal = socket === undefined ? { status: 404 } : socket.refuse?.(request);
    if (socket === undefined || refusal !== undefined) {
      const headers = Object.entries(refusal?.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      raw.end(`HTTP/1.1 ${refusal?.status} Refused\r\n${headers.join('')}content-length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(incoming, raw, head, async (ws) => {
      const connection = connect(ws, request);
      connections.push(connection);
      try {
        await socket.onConnection(connection);
      } catch {
        ws.terminate();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    baseUrl: `${origin}/v1`,
    origin,
    requests,
    connections,
    close: () =>
      new Promise((resolve) => {
        for (const client of sockets.clients) client.terminate();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function connect(ws: WebSocket, request: VendorConnection['request']): VendorConnection {
  const received: (string | Uint8Array)[] = [];
  let isClosed = false;
  let wake = () => {};
  ws.on('error', () => {});
  ws.on('message', (data: Buffer, isBinary) => {
    received.push(isBinary ? new Uint8Array(data) : data.toString('utf8'));
    wake();
  });
  const closed = once(ws, 'close').then(() => {
    isClosed = true;
    wake();
  });
  return {
    request,
    closed,
    messages: {
      async *[Symbol.asyncIterator]() {
        while (true) {
          const next = received.shift();
          if (next !== undefined) yield next;
          else if (isClosed) return;
          else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      },
    },
    send: (message) =>
      ws.send(
        typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message),
      ),
    close: (code = 1000, reason = '') => ws.close(code, reason),
    terminate: () => ws.terminate(),
  };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
