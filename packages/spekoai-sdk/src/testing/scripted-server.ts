/** A gateway on a free port that answers as a test says, and keeps what it was asked. */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Settles when the connection of this request has ended, whoever ended it. */
  readonly connectionEnd: Promise<void>;
}

export type Answer = (response: ServerResponse, request: ReceivedRequest) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Number of connections that were made. */
  readonly connectionCount: number;
  /** Answers the next requests: each with one of `answers`, and those after with the last. */
  answer(...answers: Answer[]): void;
  onUpgrade(listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void;
  close(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = [];
  let answers: Answer[] = [];
  let connectionCount = 0;
  const server = createServer(async (incoming, response) => {
    const connectionEnd = new Promise<void>((resolve) => incoming.socket.once('close', () => resolve()));
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = '', url = '', headers } = incoming;
    const request = { method, target: url, headers, body: Buffer.concat(chunks), connectionEnd };
    requests.push(request);
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, request);
  });
  server.on('connection', (socket) => {
    connectionCount += 1;
    // Each request of the connection waits for its end.
    socket.setMaxListeners(0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get connectionCount() {
      return connectionCount;
    },
    answer(...next) {
      answers = next;
    },
    onUpgrade: (listener) => void server.on('upgrade', listener),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

export const text =
  (body: string, status: number, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'Content-Type': 'text/html', ...headers });
    response.end(body);
  };

export type ScriptedEvent = readonly [name: string, data: unknown];

export const frame = ([name, data]: ScriptedEvent): string =>
  `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Sends events; `stayOpen` leaves the answer unfinished. */
export const events =
  (list: readonly ScriptedEvent[], { stayOpen = false }: { readonly stayOpen?: boolean } = {}): Answer =>
  (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    response.write(list.map(frame).join(''));
    if (!stayOpen) response.end();
  };
