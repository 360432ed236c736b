/** A small HTTP server that plays the API server, and serves a page with the script build. */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { installPlatformPeer } from './platform-peer.ts';

interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  json(): unknown;
}

const scripts: Readonly<Record<string, string>> = {
  '/': 'client/index.iife.js',
  '/1.0.0': 'core/1.0.0/perso-interactive-sdk.js',
  '/1.0.1': 'core/1.0.1/perso-interactive-sdk.js',
};

export interface ScriptedPlatform {
  readonly url: string;
  readonly requests: RecordedRequest[];
  /** Answers `<method> <path>`; the newest answer of a path counts. */
  on(route: string, answer: (request: RecordedRequest, response: ServerResponse) => unknown): void;
  close(): Promise<void>;
}

export async function startScriptedPlatform(): Promise<ScriptedPlatform> {
  const routes = new Map<string, (request: RecordedRequest, response: ServerResponse) => unknown>();
  const requests: RecordedRequest[] = [];

  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const request: RecordedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body,
      json: () => JSON.parse(body.toString()),
    };
    const answer = routes.get(`${request.method} ${request.path}`);
    if (request.path.startsWith('/api/')) requests.push(request);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'PersoLive-APIKey, Content-Type');
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    if (answer === undefined) {
      sendJson(response, 404, { errors: [{ code: 'not_found', detail: request.path, attr: null }] });
      return;
    }
    const result = await answer(request, response);
    if (!response.writableEnded && result !== undefined) sendJson(response, 200, result);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

  // A page for each script build, under the version that the script belongs to.
  for (const [path, script] of Object.entries(scripts)) {
    routes.set(`GET ${path}`, (_, response) => {
      response.setHeader('Content-Type', 'text/html').end(page(script));
    });
    routes.set(`GET /${script}`, (_, response) => {
      const file = resolve(import.meta.dirname, '../../dist', script);
      response.setHeader('Content-Type', 'text/javascript').end(readFileSync(file));
    });
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    on: (route, answer) => {
      routes.set(route, answer);
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

function page(script: string): string {
  return `<!doctype html><meta charset="utf-8"><title>SDK</title><video id="video" autoplay playsinline></video>
<script src="/${script}"></script><script>(${installPlatformPeer.toString()})()</script>`;
}
