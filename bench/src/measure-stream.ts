/** What the server adds between the model's first sentence and the first line of the answer, over a real socket. */
import { type Provider, startTestServer } from '@visavox/server/testing';
import type { Measurement } from './bench.ts';
import { rowOf } from './table.ts';

type LanguageModel = ReturnType<NonNullable<Provider['languageModels']>['get']>;

const PAUSE_MS = 20;

/** The model and the client are in one process with the server, so that one clock times both ends. */
export const measureStream: Measurement = async (bench) => {
  let saidMs = 0;
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
    const added: number[] = [];
    const rounds = bench.quick ? 100 : 1000;
    for (let round = 0; round < rounds + 20; round++) {
      const response = await call(`session/${id}/llm/v2/`, {
        messages: [{ role: 'user', content: 'Hello?' }],
        tools: [],
      });
      const reader = response.body?.getReader();
      await reader?.read();
      if (round >= 20) added.push(performance.now() - saidMs);
      await reader?.cancel();
    }
    return [
      rowOf('v2 stream: first line after the first sentence', 'ms', added, {
        text: 'median ≤ 2',
        holds: ({ median }) => median <= 2,
      }),
    ];
  } finally {
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
