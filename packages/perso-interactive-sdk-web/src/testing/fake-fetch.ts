/** A scripted `fetch`. */

import type { FetchFunction } from '../api/http.ts';

export interface FakeCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: unknown;
  readonly signal: AbortSignal | undefined;
}

export interface FakeFetch {
  readonly fetch: FetchFunction;
  readonly calls: FakeCall[];
  /** Answers requests whose URL ends with `suffix`; the newest matching answer counts. */
  on(suffix: string, answer: (call: FakeCall) => Response | Promise<Response>): void;
  /** Calls whose URL ends with `suffix`. */
  callsTo(suffix: string): FakeCall[];
}

export function createFakeFetch(): FakeFetch {
  const answers: Array<{ suffix: string; answer: (call: FakeCall) => Response | Promise<Response> }> = [];
  const calls: FakeCall[] = [];
  return {
    calls,
    async fetch(url, init = {}) {
      const { method = 'GET', headers = {}, body, signal } = init;
      const call: FakeCall = {
        method,
        url,
        headers: headers as Record<string, string>,
        body: typeof body === 'string' ? JSON.parse(body) : body,
        signal: signal ?? undefined,
      };
      calls.push(call);
      const match = answers.find(({ suffix }) => url.endsWith(suffix));
      return match === undefined ? apiErrorResponse(404, 'not_found', url) : match.answer(call);
    },
    on: (suffix, answer) => {
      answers.unshift({ suffix, answer });
    },
    callsTo: (suffix) => calls.filter(({ url }) => url.endsWith(suffix)),
  };
}

export function apiErrorResponse(status: number, code: string, detail: string, attr?: string): Response {
  return Response.json({ type: 'client_error', errors: [{ code, detail, attr: attr ?? null }] }, { status });
}

/** An LLM answer that arrives at once: one network read for each element. */
export function streamResponse(reads: ReadonlyArray<string | Uint8Array>): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const read of reads) controller.enqueue(typeof read === 'string' ? encoder.encode(read) : read);
      controller.close();
    },
  });
  return new Response(stream);
}

export interface OpenStream {
  readonly response: Response;
  readonly cancelled: () => boolean;
  push(text: string): void;
  end(): void;
  fail(error: Error): void;
}

/** An LLM answer whose reads the test decides, and which ignores abort signals. */
export function openStream(): OpenStream {
  const encoder = new TextEncoder();
  let cancelled = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
    cancel() {
      cancelled = true;
    },
  });
  return {
    response: new Response(stream),
    cancelled: () => cancelled,
    push: (text) => controller?.enqueue(encoder.encode(text)),
    end: () => controller?.close(),
    fail: (error) => controller?.error(error),
  };
}

export const line = (event: object): string => `data: ${JSON.stringify({ status: 'success', ...event })}\n`;
export const messageLine = (content: string): string => line({ type: 'message', role: 'assistant', content });
export const finishLine: string = line({ type: 'finish' });

/** A line in which the LLM asks for tools: names with argument objects; ids are `c1`, `c2` and so on. */
export function toolLine(...calls: ReadonlyArray<readonly [name: string, args: unknown]>): string {
  const tool_calls = calls.map(([name, args], index) => ({
    id: `c${index + 1}`,
    type: 'function',
    function: { name, arguments: typeof args === 'string' ? args : JSON.stringify(args) },
  }));
  return line({ type: 'tool_call', role: 'assistant', content: null, tool_calls });
}

/** Lets everything that waits for nothing but promises run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}
