/** The JSON of a call's answer. On a socket it is written straight to it: a response and its adapter cost a call more. */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { COMMON_HEADERS } from './common-headers.ts';

/** Status 200. Goes out once, by one of its two ways. */
export class JsonAnswer {
  readonly #text: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(body: object, headers: Readonly<Record<string, string>> = {}) {
    this.#text = JSON.stringify(body);
    this.#headers = { ...COMMON_HEADERS, 'Content-Type': 'application/json', ...headers };
  }

  toResponse(): Response {
    return new Response(this.#text, { headers: this.#headers });
  }

  /** Gives what tells the adapter that nothing is left to do. */
  writeTo(outgoing: ServerResponse): Response {
    if (outgoing.destroyed) return RESPONSE_ALREADY_SENT;
    outgoing.writeHead(200, { ...this.#headers, 'Content-Length': Buffer.byteLength(this.#text) });
    outgoing.end(this.#text);
    return RESPONSE_ALREADY_SENT;
  }
}
