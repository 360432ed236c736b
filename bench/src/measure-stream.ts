/** What the server adds between the model's first sentence and the first line of the answer, over a real socket. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Provider, startTestServer } from '@visavox/server/testing';
import type { Measurement } from './bench.ts';
import { median } from './statistics.ts';
import { rowOf } from './table.ts';

type LanguageModel = ReturnType<NonNullable<Provider['languageModels']>['get']>;

const PAUSE_MS = 20;

/** The model and the client are in one process with the server, so that one clock times both ends. */
export const measureStream: Measurement = async (bench) => {
  let saidMs = 0;
  // What the socket and the client take, without anything of ours in between.
  const bare = http.createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.flushHeaders();
    setTimeout(() => {
      saidMs = performance.now();
      response.end(
        'data: {"status":"success","type":"message","role":"assistant","content":"Hello there."}\n',
      );
    }, PAUSE_MS);
  });
  bare.listen(0, '127.0.0.1');
  await once(bare, 'listening');
  // It listens on TCP, so the address is not the string of a pipe.
  const { port } = bare.address() as AddressInfo;
  const server = await startTestServer({
    providers: [createTimedVendor(() => (saidMs = performance.now()))],
  });
  try {
    const headers = { 'PersoLive-APIKey': server.apiKey, 'content-type': 'application/json' };
    const call = async (path: string, body: object): Promise<Response> =>
      fetch(`${server.url}/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    // The documented shape of the answer.
    const { session_id: id } = (await (await call('session/', { capability: ['LLM'] })).json()) as {
      readonly session_id: string;
    };
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello?' }], tools: [] });
    const time = async (url: string): Promise<number> => {
      const response = await fetch(url, { method: 'POST', headers, body });
      const reader = response.body?.getReader();
      await reader?.read();
      const tookMs = performance.now() - saidMs;
      await reader?.cancel();
      return tookMs;
    };
    const through: number[] = [];
    const direct: number[] = [];
    const rounds = bench.quick ? 100 : 1000;
    for (let round = 0; round < rounds + 20; round++) {
      const pair = [
        await time(`${server.url}/api/v1/session/${id}/llm/v2/`),
        await time(`http://127.0.0.1:${port}/`),
      ] as const;
      if (round < 20) continue;
      through.push(pair[0]);
      direct.push(pair[1]);
    }
    const added = median(through) - median(direct);
    return [
      rowOf('v2 stream: first sentence to first line', 'ms', through),
      rowOf('the same line from a bare HTTP server', 'ms', direct),
      rowOf('v2 stream: added (difference of medians)', 'ms', [added], {
        text: '≤ 2',
        holds: () => added <= 2,
      }),
    ];
  } finally {
    bare.close();
    bare.closeAllConnections();
    await server.close();
  }
};

/** Says a sentence after a pause; `onSentence` is called in the moment in which it is complete. */
function createTimedVendor(onSentence: () => void): Provider {
  const model: LanguageModel = {
    specificationVersion: 'v4',
    provider: 'timed',
    modelId: 'timed',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('Only streaming is timed.')),
    doStream: async () => ({
      stream: new ReadableStream({
        async start(controller) {
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
          onSentence();
          controller.enqueue({ type: 'text-delta', id: 't', delta: 'Hello there. And' });
          controller.enqueue({
            type: 'finish',
            finishReason: { unified: 'stop', raw: 'stop' },
            usage: {
              inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
              outputTokens: { total: 1, text: 1, reasoning: 0 },
            },
          });
          controller.close();
        },
      }),
    }),
  };
  return {
    id: 'timed',
    displayName: 'Timed',
    languageModels: { models: [{ id: 'timed', displayName: 'Timed' }], get: () => model },
    close: async () => {},
  };
}
