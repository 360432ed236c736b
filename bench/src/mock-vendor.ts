/** A vendor in a process of its own: an OpenAI-compatible server that answers at once, and says when it sent what. */
import { createServer } from 'node:http';
import { announce, type ForkedServer, forkServer } from './forked-server.ts';

export const MOCK_MODEL = 'mock-chat';
export const MOCK_VOICE_MODEL = 'mock-tts';
/** Chunks of a streamed answer, and the pause before each. */
export const STREAM = { chunks: 20, pauseMs: 10 };
export const SPEECH_CHUNK_BYTES = 4800;

export const startMockVendor = (): Promise<ForkedServer> => forkServer(import.meta.url);

/** Microseconds since 1970: the same clock in every process of this machine. */
export function nowMicros(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

if (process.argv[2] === 'serve') serve();

function serve(): void {
  const usage = { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 };
  const head = { id: 'chatcmpl-mock', created: 1_700_000_000, model: MOCK_MODEL };
  const completion = JSON.stringify({
    ...head,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello there. How can I help you?' },
        finish_reason: 'stop',
      },
    ],
    usage,
  });
  const chunk = (delta: object, finish: string | null = null, more: object = {}) =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    if (path.endsWith('/models')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'list', data: [{ id: MOCK_MODEL }, { id: MOCK_VOICE_MODEL }] }));
      return;
    }
    const pause = () => new Promise((resolve) => setTimeout(resolve, STREAM.pauseMs));
    if (path.endsWith('/audio/speech')) {
      response.writeHead(200, { 'content-type': 'audio/pcm' });
      for (let index = 0; index < STREAM.chunks && !response.destroyed; index++) {
        await pause();
        // The time of sending as the first four samples, then a tone.
        const samples = new Int16Array(SPEECH_CHUNK_BYTES / 2).fill(900);
        const micros = BigInt(nowMicros());
        for (let part = 0; part < 4; part++) samples[part] = Number((micros >> BigInt(15 * part)) & 0x7fffn);
        response.write(Buffer.from(samples.buffer));
      }
      response.end();
      return;
    }
    const body = JSON.parse(Buffer.concat(pieces).toString('utf8')) as { readonly stream?: boolean };
    if (body.stream !== true) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(completion);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ role: 'assistant', content: '' }));
    for (let index = 0; index < STREAM.chunks && !response.destroyed; index++) {
      await pause();
      response.write(chunk({ content: `t${nowMicros()} ` }));
    }
    response.write(chunk({}, 'stop'));
    response.write(
      `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage })}\n\n`,
    );
    response.end('data: [DONE]\n\n');
  });
  server.keepAliveTimeout = 60_000;
  announce(server);
}
